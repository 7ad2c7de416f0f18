"""Add, change and remove pools."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hmm.accounts.access import actor_of, operator_required
from hmm.clock import now as read_clock
from pools.earning_contexts import earnings_context
from pools.forms import PoolForm
from pools.models import Pool
from pools.presets import PRESETS
from pools.services import InUseError, delete_pool, save_pool


def answer_form(request: HttpRequest, pool: Pool | None) -> HttpResponse:
    """Show the pool form, or store what was sent."""
    preset = PRESETS.get(request.GET.get("preset", "")) if pool is None else None
    form = PoolForm(request.POST or None, instance=pool, initial=preset.initial() if preset else None)
    if request.method == "POST" and form.is_valid():
        save_pool(
            form.save(commit=False),
            actor=actor_of(request),
            new_password=form.cleaned_data["new_password"],
            new_token=form.cleaned_data["new_token"],
        )
        return redirect("pools")
    status = 422 if form.is_bound else 200
    context = {"form": form, "pool": pool, "presets": () if pool else PRESETS.values()}
    return render(request, "pools/pool_form.html", context, status=status)


@operator_required
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """Add a pool."""
    return answer_form(request, None)


@operator_required
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a pool."""
    return answer_form(request, get_object_or_404(Pool, pk=pk))


@require_safe
def earnings(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what a pool credited day by day and paid."""
    pool = get_object_or_404(Pool.objects.select_related("health"), pk=pk)
    return render(request, "pools/earnings.html", earnings_context(pool, read_clock()))


@operator_required
@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove a pool; the page asks first."""
    try:
        delete_pool(get_object_or_404(Pool, pk=pk), actor=actor_of(request))
    except InUseError as error:
        messages.error(request, str(error))
        return redirect("pool-edit", pk=pk)
    return redirect("pools")
