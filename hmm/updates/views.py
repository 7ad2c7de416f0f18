"""The page of updates: what runs, what there is, how to get it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from hmm.accounts.access import actor_of, admin_required
from hmm.clock import now as read_clock
from hmm.updates.contexts import job_of, updates_page
from hmm.updates.services import NotNowError, ask_in_background, set_skipped
from hmm.updates.telling import tell_of_update
from hmm.updates.versions import spoken


@require_safe
def updates(request: HttpRequest) -> HttpResponse:
    """Show the whole page."""
    job = job_of(request.GET)  # first: what a job that is over has found is then on the page
    return render(request, "updates/updates.html", {"page": updates_page(), "job": job})


@admin_required
@require_POST
def check(request: HttpRequest) -> HttpResponse:
    """Look for a new version now, as a job that tells what came."""
    try:
        job = ask_in_background(actor=actor_of(request), now=read_clock())
    except NotNowError as error:
        messages.error(request, str(error))
        return redirect("updates")
    return redirect(f"{reverse('updates')}?job={job.pk}")


@admin_required
@require_POST
def skip(request: HttpRequest) -> HttpResponse:
    """Stop telling of one version, or tell of it again."""
    tag, wanted, now = request.POST.get("tag", ""), request.POST.get("skip") == "yes", read_clock()
    if set_skipped(tag, skip=wanted, actor=actor_of(request), now=now):
        tell_of_update(now=now)
        words = "You are not told of it again; a later one is told." if wanted else "It is told again."
        messages.success(request, f"Version {spoken(tag)}: {words}")
    else:
        messages.info(request, "Nothing changed: that version is not known, or it was so already.")
    return redirect("updates")
