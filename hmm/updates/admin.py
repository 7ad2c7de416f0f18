"""Releases in the admin; to be read only."""

from django.contrib import admin

from hmm.audit.admin import ReadOnlyAdmin
from hmm.updates.models import Release, ReleaseSource


@admin.register(ReleaseSource)
class ReleaseSourceAdmin(ReadOnlyAdmin):
    """Where releases come from, and what went wrong."""

    list_display = ["repository", "answered_at", "due_at", "failures", "last_error", "skipped"]


@admin.register(Release)
class ReleaseAdmin(ReadOnlyAdmin):
    """What is published."""

    list_display = ["tag", "name", "is_prerelease", "published_at", "commits_ahead", "seen_at"]
    list_filter = ["is_prerelease"]
    search_fields = ["tag", "name"]
    date_hierarchy = "published_at"
