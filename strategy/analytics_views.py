"""The analytics page; the ledger behind it is exported by the energy pages."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from hmm.clock import now as read_clock
from strategy.analytics import analytics_context, pages_of
from strategy.views import show


@require_safe
def analytics(request: HttpRequest) -> HttpResponse:
    """Show a day, a week, a month or a year."""
    context = analytics_context(read_clock(), request.GET)
    return show(request, "strategy/analytics.html", context | {"pages": pages_of(context["span"])})
