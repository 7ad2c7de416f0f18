"""The pool pages: list, add, change, remove."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hmm.accounts.access import actor_of, operator_required
from pools.forms import PoolForm
from pools.models import Pool
from pools.services import delete_pool, save_pool


@require_safe
def pools(request: HttpRequest) -> HttpResponse:
    """List the pools, by coin and priority."""
    return render(request, "pools/pools.html", {"pools": Pool.objects.all()})


def answer_form(request: HttpRequest, pool: Pool | None) -> HttpResponse:
    """Show the pool form, or store what was sent."""
    form = PoolForm(request.POST or None, instance=pool)
    if request.method == "POST" and form.is_valid():
        save_pool(form.save(commit=False), actor=actor_of(request), new_password=form.cleaned_data["new_password"])
        return redirect("pools")
    status = 422 if form.is_bound else 200
    return render(request, "pools/pool_form.html", {"form": form, "pool": pool}, status=status)


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


@operator_required
@require_POST
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove a pool; the page asks first."""
    delete_pool(get_object_or_404(Pool, pk=pk), actor=actor_of(request))
    return redirect("pools")
