"""The page of coins, and the form of one source."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_http_methods, require_safe

from hmm.accounts.access import actor_of, operator_required
from hmm.clock import now as read_clock
from pools.coin_contexts import coins_context, usual_address
from pools.coin_forms import CoinSourceForm
from pools.coin_sources.registry import CLIENTS, source_label
from pools.models import CoinSource
from pools.services.coin_saving import save_source


@require_safe
def coins(request: HttpRequest) -> HttpResponse:
    """Show what is known of each coin and who says so."""
    page = "pools/partials/_coins.html" if request.headers.get("HX-Request") else "pools/coins.html"
    answer = render(request, page, coins_context(read_clock()))
    patch_vary_headers(answer, ["HX-Request"])
    return answer


@operator_required
@require_http_methods(["GET", "POST"])
def source(request: HttpRequest, kind: str) -> HttpResponse:
    """Change one source."""
    row = get_object_or_404(CoinSource.objects.defer("key"), kind=kind)
    client = CLIENTS.get(kind)
    form = CoinSourceForm(
        request.POST or None,
        instance=row,
        takes_key=client is not None and client.takes_key,
        usual=usual_address(kind),
    )
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        save_source(
            row.pk,
            enabled=said["enabled"],
            rank=said["rank"],
            base_url=said.get("base_url", ""),
            new_key=said.get("new_key", ""),
            actor=actor_of(request),
        )
        return redirect("coins")
    context = {"form": form, "source": row, "label": source_label(kind)}
    return render(request, "pools/coin_source.html", context, status=422 if form.is_bound else 200)
