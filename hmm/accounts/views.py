"""Signing in, and the settings page."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views as auth_views
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse_lazy
from django.views.decorators.http import require_POST, require_safe

from hmm.accounts.access import actor_of, admin_required, may, role_of
from hmm.accounts.forms import PersonForm, SignInForm, TokenForm
from hmm.accounts.models import ApiToken
from hmm.accounts.roles import ADMIN
from hmm.accounts.services import create_token, give_role, revoke_token
from hmm.audit.services import record
from hmm.clock import now as read_clock


class SignIn(auth_views.LoginView):
    """The login page. Too many wrong tries lock a name and address for a quarter of an hour."""

    template_name = "accounts/login.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(nobody_yet=not User.objects.exists(), **context)


def admin_login(request: HttpRequest) -> HttpResponse:
    """Take the place of the admin's own door: there is one login page, and it is throttled."""
    if not may(request.user, ADMIN):
        raise PermissionDenied("The administration needs the role admin.")
    return redirect("admin:index")


class ChangePassword(auth_views.PasswordChangeView):
    """Change one's own password."""

    template_name = "accounts/password.html"
    success_url = reverse_lazy("settings")

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        with transaction.atomic():
            record(actor=actor_of(self.request), action="account.password", target=form.user)
            answer = super().form_valid(form)
        messages.success(self.request, "The password is changed. Other devices are signed out.")
        return answer

    def form_invalid(self, form: PasswordChangeForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)


def settings_context(request: HttpRequest) -> dict[str, object]:
    is_admin = may(request.user, ADMIN)
    people = User.objects.prefetch_related("groups").order_by("username") if is_admin else []
    return {
        "is_admin": is_admin,
        "role": role_of(request.user),
        "people": [(person, role_of(person)) for person in people],
        "tokens": ApiToken.objects.all() if is_admin else [],
        "token_form": TokenForm(),
        "version": settings.HMM_VERSION,
        "api_is_open": not settings.HMM_API_AUTH_ENABLED,
    }


@require_safe
def settings_page(request: HttpRequest) -> HttpResponse:
    """Show what can be set, and where."""
    return render(request, "settings/settings.html", settings_context(request))


@admin_required
@require_POST
def add_token(request: HttpRequest) -> HttpResponse:
    """Make a token and show it once."""
    form = TokenForm(request.POST)
    context = settings_context(request)
    if not form.is_valid():
        return render(request, "settings/settings.html", {**context, "token_form": form}, status=422)
    _row, text = create_token(
        name=form.cleaned_data["name"], scope=form.cleaned_data["scope"], actor=actor_of(request), now=read_clock()
    )
    answer = render(request, "settings/settings.html", {**settings_context(request), "new_token": text})
    answer["Cache-Control"] = "no-store"
    return answer


@admin_required
@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Revoke a token."""
    token = get_object_or_404(ApiToken, pk=pk)
    revoke_token(token, actor=actor_of(request))
    messages.success(request, f"The token {token.name} is revoked.")
    return redirect("settings")


@admin_required
def add_person(request: HttpRequest) -> HttpResponse:
    """Add an account for somebody of the household."""
    form = PersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            person = form.save()
            give_role(person, form.cleaned_data["role"])
            record(
                actor=actor_of(request),
                action="account.add",
                target=person,
                after={"role": form.cleaned_data["role"]},
            )
        messages.success(request, f"{person.username} can sign in now.")
        return redirect("settings")
    return render(request, "accounts/person.html", {"form": form}, status=422 if form.is_bound else 200)
