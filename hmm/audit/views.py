"""The activity stream: search it, page through it, take it along."""

import csv
import json
from collections.abc import Iterator
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from hmm.audit.contexts import chosen, stream_context
from hmm.audit.models import AuditEntry
from hmm.htmx import is_fragment

EXPORT_MAX = 100_000
COLUMNS = ("created_at", "finished_at", "actor", "action", "target_label", "outcome", "reason", "error")
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@require_safe
def activity(request: HttpRequest) -> HttpResponse:
    """Show a page of the stream; the fragment is the very list htmx receives."""
    page = "audit/partials/_stream.html" if is_fragment(request) else "audit/activity.html"
    answer = render(request, page, stream_context(request.GET))
    answer["Vary"] = "HX-Request"
    return answer


class Echo:
    """A file that hands back what is written to it."""

    def write(self, value: str) -> str:
        return value


@require_safe
def export(request: HttpRequest) -> StreamingHttpResponse:
    """Return the chosen rows as CSV."""
    writer = csv.writer(Echo())

    def lines() -> Iterator[str]:
        yield writer.writerow([*COLUMNS, "before", "after"])
        for entry in chosen(request.GET)[:EXPORT_MAX].iterator(chunk_size=1000):
            plain = [getattr(entry, name) for name in COLUMNS]
            values = [*plain, json.dumps(entry.before), json.dumps(entry.after)]
            yield writer.writerow([safe(value) for value in values])

    answer = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="activity.csv"'
    return answer


def safe(value: Any) -> str:
    """Return a cell a spreadsheet does not run as a formula."""
    text = "" if value is None else value.isoformat() if hasattr(value, "isoformat") else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


@require_safe
def situation(request: HttpRequest, pk: int) -> HttpResponse:  # noqa: ARG001  # the resolver's signature
    """Return the situation of a decision, which `manage.py decide` answers the same again."""
    entry = get_object_or_404(AuditEntry, pk=pk)
    found = entry.detail.get("situation") if isinstance(entry.detail, dict) else None
    if found is None:
        raise Http404("This row holds no decision.")
    answer = HttpResponse(json.dumps(found, indent=1), content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="situation-{pk}.json"'
    return answer
