"""The override, and edits of all bands at once, over REST."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from hmm.accounts.api import caller
from hmm.clock import now as read_clock
from hmm.rest import Body, Moment
from strategy.api import BandOut, bands_json
from strategy.band_rows import BandError
from strategy.core import OverrideKind, SituationError
from strategy.services import bands as band_services
from strategy.services.switches import set_override, strategy_state

router = Router(tags=["strategy"])


class OverrideOut(Schema):
    """What is forced at the moment: `auto` follows the prices."""

    kind: str
    band: int | None
    until: datetime | None
    by: str
    since: datetime | None


class OverrideIn(Body):
    """`auto`, `on` (in `band`, or the band of now) or `off`, until an instant or until changed."""

    kind: str
    band: int | None = None
    until: Moment | None = None


def override_out() -> dict[str, Any]:
    state = strategy_state()
    told = state.override_json(read_clock())
    is_none = told["kind"] == OverrideKind.AUTO
    return {**told, "by": "" if is_none else state.override_by, "since": None if is_none else state.override_since}


@router.get("/override", response=OverrideOut, summary="The override")
def read_override(request: HttpRequest) -> dict[str, Any]:
    caller(request)
    return override_out()


@router.put("/override", response=OverrideOut, summary="Override the prices, or follow them again")
def write_override(request: HttpRequest, wanted: OverrideIn) -> dict[str, Any]:
    who = caller(request, "control")
    try:
        set_override(wanted.kind, band=wanted.band, until=wanted.until, actor=who.actor, now=read_clock())
    except SituationError as error:
        raise BandError({error.field.rpartition(".")[2]: error.message}) from error
    return override_out()


@router.post("/bands/example", response=list[BandOut], summary="Load the example strategy")
def example(request: HttpRequest) -> list[dict[str, Any]]:
    who = caller(request, "control")
    band_services.load_example(actor=who.actor, now=read_clock())
    return bands_json()


@router.post("/bands/apply", response=list[BandOut], summary="Put pending edits in force now")
def apply(request: HttpRequest) -> list[dict[str, Any]]:
    who = caller(request, "control")
    band_services.apply_now(actor=who.actor, now=read_clock())
    return bands_json()
