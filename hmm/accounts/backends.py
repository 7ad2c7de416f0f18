"""Permissions follow the roles, so that an administrator needs no list of permissions kept up to date."""

from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.models import AnonymousUser, User

from hmm.accounts.access import role_of
from hmm.accounts.roles import ADMIN


class RoleBackend(BaseBackend):
    """Grants every permission to people of the role admin; it signs nobody in."""

    def has_perm(self, user_obj: User | AnonymousUser, perm: str, obj: Any = None) -> bool:  # noqa: ARG002  # Django's signature
        return user_obj.is_active and role_of(user_obj) == ADMIN

    def has_module_perms(self, user_obj: User | AnonymousUser, app_label: str) -> bool:  # noqa: ARG002  # Django's signature
        return self.has_perm(user_obj, "")
