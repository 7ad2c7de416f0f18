"""Set-up links in the admin, to be read; their text is not stored."""

from django.contrib import admin

from hmm.audit.admin import ReadOnlyAdmin
from hmm.setup.models import SetupLink


@admin.register(SetupLink)
class SetupLinkAdmin(ReadOnlyAdmin):
    """Whether a link still waits for its first use."""

    list_display = ["created_at"]
    exclude = ["digest"]
