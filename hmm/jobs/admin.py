"""Jobs in the admin, to be read."""

from django.contrib import admin

from hmm.audit.admin import ReadOnlyAdmin
from hmm.jobs.models import Ask, Job, JobLine


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    """What was started by whom and how it ended."""

    list_display = ["created_at", "title", "status", "actor", "progress", "total"]
    list_filter = ["kind", "status"]


@admin.register(Ask)
class AskAdmin(ReadOnlyAdmin):
    """What was asked and has not been looked at yet; usually nothing."""

    list_display = ["asked_at", "about", "asked_by"]
    list_filter = ["about"]


@admin.register(JobLine)
class JobLineAdmin(ReadOnlyAdmin):
    """What became of each target of a job."""

    list_display = ["job", "label", "state", "text"]
    list_filter = ["state"]
    list_select_related = ["job"]
