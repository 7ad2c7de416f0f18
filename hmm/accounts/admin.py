"""People and API tokens in the admin. Tokens are made on the settings page and shown once."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from hmm.accounts.models import ApiToken
from hmm.accounts.services import revoke_token
from hmm.audit.admin import AuditedAdmin, ReadOnlyAdmin
from hmm.audit.services import record

HTTP_FOUND = 302


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


admin.site.unregister(User)


@admin.register(User)
class PersonAdmin(AuditedAdmin, UserAdmin):  # type: ignore[type-arg]  # generic only in the stubs
    """People of the household; every change leaves a row in the audit log, a password never."""

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        answer = super().user_change_password(request, id, form_url)
        person = self.get_object(request, id)
        if request.method == "POST" and answer.status_code == HTTP_FOUND and person is not None:
            record(actor=request.user.get_username(), action="account.password", target=person, reason="in the admin")
        return answer
