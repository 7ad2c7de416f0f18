from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from hmm.clock import now
from hmm.ops.health import database_answers, health


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Answer 200 as soon as web and database answer; the parts are shown to people who are logged in."""
    if not database_answers():
        return JsonResponse({"status": "unavailable"}, status=503)
    if not request.user.is_authenticated:
        return JsonResponse({"status": "ok"})
    return JsonResponse(health(now()).as_json())
