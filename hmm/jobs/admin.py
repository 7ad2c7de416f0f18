"""Jobs in the admin, to be read."""

from django.contrib import admin

from hmm.audit.admin import ReadOnlyAdmin
from hmm.jobs.models import Job


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    """What was started by whom and how it ended."""

    list_display = ["created_at", "title", "status", "actor", "progress", "total"]
    list_filter = ["kind", "status"]
