"""What lets a phone install the product: manifest, service worker, and the page shown without a connection.

All three are open: a browser asks for them without a session. They say nothing of the house.
"""

from hashlib import blake2b

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_safe

PAPER = "#f5f5f1"  # the ground of the light theme, as the icons and the start screen show it
ICONS = (
    ("img/icon-192.png", "192x192", "any"),
    ("img/icon-512.png", "512x512", "any"),
    ("img/icon-maskable-512.png", "512x512", "maskable"),
)
SHORTCUTS = (("Miners", "miners"), ("Strategy", "strategy"), ("Energy", "energy"))


@login_not_required
@cache_control(max_age=3600)
@require_safe
def manifest(request: HttpRequest) -> JsonResponse:  # noqa: ARG001  # the resolver's signature
    """Describe the product to a browser that installs it."""
    words = {
        "id": "/",
        "name": "Home Miner Manager",
        "short_name": "Home Miner",
        "description": "What electricity costs now, what every miner does, and why.",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": PAPER,
        "theme_color": PAPER,
        "lang": "en-GB",
        "icons": [
            {"src": static(name), "sizes": sizes, "type": "image/png", "purpose": purpose}
            for name, sizes, purpose in ICONS
        ],
        "shortcuts": [{"name": label, "url": reverse(name)} for label, name in SHORTCUTS],
    }
    return JsonResponse(words, content_type="application/manifest+json")


@login_not_required
@never_cache
@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  # the resolver's signature
    """Serve the worker from the root, so that it may stand in for every page; a new release is a new cache."""
    styles = render_to_string("components/_styles.html")
    digest = blake2b(f"{settings.HMM_VERSION}{styles}".encode(), digest_size=8).hexdigest()
    answer = render_to_string("pwa/sw.js", {"digest": digest})
    return HttpResponse(answer, content_type="text/javascript; charset=utf-8")


@login_not_required
@cache_control(max_age=3600)
@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """Say that the server does not answer; the worker keeps this page."""
    return render(request, "pwa/offline.html")
