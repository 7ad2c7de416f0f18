"""API tokens in the admin: to be seen and revoked. They are made on the settings page, shown once."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from hmm.accounts.models import ApiToken
from hmm.accounts.services import revoke_token
from hmm.audit.admin import ReadOnlyAdmin


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnlyAdmin):
    """Tokens with their scope and last use."""

    list_display = ["name", "scope", "created_by", "created_at", "last_used_at"]
    exclude = ["digest"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # Django's signature
        return True

    def delete_model(self, request: HttpRequest, obj: ApiToken) -> None:
        revoke_token(obj, actor=request.user.get_username())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        for token in queryset:
            revoke_token(token, actor=request.user.get_username())
