"""The activity over REST."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest
from ninja import Router, Schema
from ninja.pagination import paginate

from hmm.accounts.api import caller
from hmm.audit.models import AuditEntry
from hmm.rest import Moment, Pages, PlainText

router = Router(tags=["activity"])


class EntryOut(Schema):
    """One act: who did what to what, why, and how it ended."""

    id: int
    created_at: datetime
    finished_at: datetime | None
    actor: str
    action: str
    target_type: str
    target_id: str
    target_label: str
    reason: str
    before: Any
    after: Any
    outcome: str
    error: str
    has_situation: bool  # a decision: /{id}/situation gives what `manage.py decide` reads

    @staticmethod
    def resolve_has_situation(entry: AuditEntry) -> bool:
        return isinstance(entry.detail, dict) and bool(entry.detail.get("situation"))


@router.get("", response=list[EntryOut], summary="What was done, newest first")
@paginate(Pages)
def activity(
    request: HttpRequest,
    action: PlainText = "",
    actor: PlainText = "",
    since: Moment | None = None,
    until: Moment | None = None,
) -> Any:
    caller(request)
    rows = AuditEntry.objects.order_by("-created_at", "-pk")
    rows = rows.filter(**{name: text for name, text in (("action", action), ("actor", actor)) if text})
    if since is not None:
        rows = rows.filter(created_at__gte=since)
    return rows if until is None else rows.filter(created_at__lt=until)


@router.get("/{entry_id}/situation", summary="A decision's situation, as `manage.py decide` reads it")
def situation(request: HttpRequest, entry_id: int) -> dict[str, Any]:
    caller(request)
    detail = AuditEntry.objects.filter(pk=entry_id).values_list("detail", flat=True).first()
    if not isinstance(detail, dict) or not detail.get("situation"):
        raise Http404
    return dict(detail["situation"])
