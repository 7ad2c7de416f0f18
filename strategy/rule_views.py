"""The pages of automation rules: how they stand, one with its history, make, change, switch and remove."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hmm.accounts.access import actor_of, operator_required
from hmm.clock import now as read_clock
from strategy.models import AutomationRule
from strategy.rule_forms import RuleForm
from strategy.rule_pages import rule_context, rules_context
from strategy.services.rules import remove_rule, save_rule, set_rule_enabled
from strategy.views import show


def is_fragment(request: HttpRequest) -> bool:
    return bool(request.headers.get("HX-Request"))


@require_safe
def rules(request: HttpRequest) -> HttpResponse:
    """List the rules and how each stands now."""
    template = "strategy/partials/_rules.html" if is_fragment(request) else "strategy/rules.html"
    answer = show(request, template, rules_context(read_clock()))
    answer["Vary"] = "HX-Request"
    return answer


@require_safe
def rule(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one rule: how it stands, what it would do now, what it did."""
    get_object_or_404(AutomationRule, pk=pk)
    template = "strategy/partials/_rule.html" if is_fragment(request) else "strategy/rule.html"
    answer = show(request, template, rule_context(pk, read_clock()))
    answer["Vary"] = "HX-Request"
    return answer


@operator_required
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    return answer_form(request, None)


@operator_required
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    return answer_form(request, get_object_or_404(AutomationRule, pk=pk))


def answer_form(request: HttpRequest, stored: AutomationRule | None) -> HttpResponse:
    """Show the form, or store what was sent and look at once."""
    form = RuleForm(request.POST or None, instance=stored)
    if request.method == "POST" and form.is_valid():
        saved = save_rule(
            form.save(commit=False), form.cleaned_data["miners"], actor=actor_of(request), now=read_clock()
        )
        messages.success(request, f"{saved.name}: saved. It is looked at now.")
        return redirect("rule", pk=saved.pk)
    name = stored.name if stored is not None and stored.pk else ""
    context = {"form": form, "rule": stored, "name": name}
    return show(request, "strategy/rule_form.html", context, status=422 if form.is_bound else 200)


@operator_required
@require_POST
def switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Switch a rule on or off; off lets go of what it held."""
    stored = get_object_or_404(AutomationRule, pk=pk)
    set_rule_enabled(stored, request.POST.get("value") == "on", actor=actor_of(request), now=read_clock())
    return redirect("rules")


@operator_required
@require_POST
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove a rule; the page asks first."""
    stored = get_object_or_404(AutomationRule, pk=pk)
    remove_rule(stored, actor=actor_of(request), now=read_clock())
    messages.success(request, f"{stored.name}: removed.")
    return redirect("rules")
