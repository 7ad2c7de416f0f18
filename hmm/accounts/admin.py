"""People and API tokens in the admin. Tokens are made on the settings page and shown once."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import UserChangeForm
from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from hmm.accounts.models import ApiToken
from hmm.accounts.roles import ADMIN, ROLES
from hmm.accounts.services import revoke_token
from hmm.audit.admin import AuditedAdmin, ReadOnlyAdmin
from hmm.audit.services import record

HTTP_FOUND = 302
ASK_ANOTHER = "Ask another administrator to change it."


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
admin.site.unregister(Group)


@admin.register(Group)
class RoleAdmin(AuditedAdmin, GroupAdmin):
    """The groups people are in. Those that are the roles keep their names and stay."""

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return super().has_delete_permission(request, obj) and not (obj is not None and obj.name in ROLES)

    def get_readonly_fields(self, request: HttpRequest, obj: Group | None = None) -> list[str]:
        return ["name"] if obj is not None and obj.name in ROLES else []


class PersonAdminForm(UserChangeForm[User]):
    """A person's account. Nobody takes the administration away from themselves: somebody must be left who has it."""

    is_oneself = False

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.is_oneself:
            return cleaned
        for name in ("is_active", "is_staff"):
            if not cleaned.get(name):
                self.add_error(name, f"This is your own account. {ASK_ANOTHER}")
        if not cleaned.get("is_superuser") and ADMIN not in {group.name for group in cleaned.get("groups", ())}:
            self.add_error("groups", f"You would no longer be an administrator. {ASK_ANOTHER}")
        return cleaned


@admin.register(User)
class PersonAdmin(AuditedAdmin, UserAdmin):  # type: ignore[type-arg]  # generic only in the stubs
    """People of the household; every change leaves a row in the audit log, a password never."""

    form = PersonAdminForm

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **named: Any) -> Any:
        form: Any = super().get_form(request, obj, change=change, **named)
        form.is_oneself = obj is not None and obj.pk == request.user.pk  # a class made for this request
        return form

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and not (obj is not None and obj.pk == request.user.pk)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        answer = super().user_change_password(request, id, form_url)
        person = self.get_object(request, id)
        if request.method == "POST" and answer.status_code == HTTP_FOUND and person is not None:
            record(actor=request.user.get_username(), action="account.password", target=person, reason="in the admin")
        return answer
