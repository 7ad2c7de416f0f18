"""A job as a fragment that asks for itself until the job is over."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from hmm.jobs.models import Job


@require_safe
def job(request: HttpRequest, pk: int) -> HttpResponse:
    """Show how far a job is."""
    page = "jobs/partials/_job.html" if request.headers.get("HX-Request") else "jobs/job.html"
    return render(request, page, {"job": get_object_or_404(Job, pk=pk)})
