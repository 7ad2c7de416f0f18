"""A job as a fragment that is pushed, and asks for itself, until the job is over."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import trigger_client_event

from hmm.accounts.access import actor_of, operator_required
from hmm.clock import now as read_clock
from hmm.htmx import is_fragment
from hmm.jobs.models import Job
from hmm.jobs.services import cancel_job

STOP_ASKING = 286  # htmx ends a poll that is answered with this


@require_safe
def job(request: HttpRequest, pk: int) -> HttpResponse:
    """Show how far a job is. One that a restored database does not know stops asking for itself."""
    found = Job.objects.filter(pk=pk).first()
    if found is None and is_fragment(request):
        answer = render(request, "jobs/partials/_gone.html", {"pk": pk}, status=STOP_ASKING)
        return trigger_client_event(answer, "job-finished")
    return answer_with(request, get_object_or_404(Job, pk=pk))


def answer_with(request: HttpRequest, found: Job) -> HttpResponse:
    page = "jobs/partials/_job.html" if is_fragment(request) else "jobs/job.html"
    answer = render(request, page, {"job": found})
    patch_vary_headers(answer, ["HX-Request"])
    return trigger_client_event(answer, "job-finished") if found.is_over else answer


@operator_required
@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """End a job before its end."""
    found = get_object_or_404(Job, pk=pk)
    if not cancel_job(found, actor=actor_of(request), now=read_clock()):
        messages.info(request, f"{found.title}: it was over already.")
    if is_fragment(request):
        return answer_with(request, Job.objects.get(pk=pk))
    return redirect("job", pk=pk)
