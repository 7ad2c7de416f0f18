"""Totals of the ledger over REST, as JSON and as CSV."""

import csv
import io
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema

from energy.totals import Total, totals
from hmm.accounts.api import caller
from hmm.audit.views import safe
from hmm.clock import now as read_clock
from hmm.rest import Amount, Moment, PlainText, RowId

router = Router(tags=["energy"])
USUAL_SPAN = timedelta(days=31)
COLUMNS = (
    "key", "label", "energy_kwh", "cost_p", "paid_p_per_kwh", "always_on_p_per_kwh", "hashing_s", "possible_s",
    "unknown_s", "work_th", "lost_th",
)  # fmt: skip


class TotalOut(Schema):
    """A sum of the ledger: what was paid against always on, how long it ran, the work done and lost."""

    key: str | None
    label: str
    energy_kwh: Amount
    cost_p: Amount
    paid_p_per_kwh: Amount | None
    always_on_p_per_kwh: Amount | None
    hashing_s: int
    possible_s: int
    unknown_s: int
    work_th: float
    lost_th: float | None


def asked(by: str, since: Any, until: Any, miner_id: int | None) -> list[Total]:
    end = until if until is not None else read_clock()
    return totals(by, since if since is not None else end - USUAL_SPAN, end, miner_id=miner_id)


@router.get(
    "/totals",
    response=list[TotalOut],
    summary="What the ledger adds up to by miner, band, coin, or local day, week, month or year",
)
def read_totals(
    request: HttpRequest,
    by: PlainText = "day",
    since: Moment | None = None,
    until: Moment | None = None,
    miner_id: RowId | None = None,
) -> list[Total]:
    caller(request)
    return asked(by, since, until, miner_id)


@router.get("/totals.csv", summary="The same totals as CSV")
def totals_csv(
    request: HttpRequest,
    by: PlainText = "day",
    since: Moment | None = None,
    until: Moment | None = None,
    miner_id: RowId | None = None,
) -> HttpResponse:
    caller(request)
    return as_csv(asked(by, since, until, miner_id), by)


def as_csv(rows: list[Total], by: str) -> HttpResponse:
    """Return totals as a file; names are written so that a spreadsheet does not run them."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([cell(name, getattr(row, name)) for name in COLUMNS])
    answer = HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="totals-by-{by}.csv"'
    return answer


def cell(name: str, value: Any) -> str:
    if value is None:
        return ""
    return safe(value) if name == "label" else format(value, "f") if name.endswith(("_kwh", "_p")) else str(value)
