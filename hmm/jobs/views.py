"""A job as a fragment that asks for itself until the job is over."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe
from django_htmx.http import trigger_client_event

from hmm.jobs.models import Job


@require_safe
def job(request: HttpRequest, pk: int) -> HttpResponse:
    """Show how far a job is."""
    found = get_object_or_404(Job, pk=pk)
    page = "jobs/partials/_job.html" if request.headers.get("HX-Request") else "jobs/job.html"
    answer = render(request, page, {"job": found})
    patch_vary_headers(answer, ["HX-Request"])
    return trigger_client_event(answer, "job-finished") if found.is_over else answer
