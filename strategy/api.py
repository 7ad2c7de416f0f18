"""The price band strategy over REST."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from hmm.accounts.api import caller
from hmm.clock import now as read_clock
from hmm.rest import Amount, Body
from miners.drivers.registry import FAMILY_MODES
from strategy.band_rows import BandError
from strategy.models import Band, BandVersion
from strategy.services import bands as band_services
from strategy.services.switches import look_now, set_enabled, strategy_state

router = Router(tags=["strategy"])
OUTSIDE = {"target": "target_coin"}


class StrategyOut(Schema):
    """What the strategy is told and what it decided last."""

    enabled: bool
    override: dict[str, Any]
    decided_at: datetime | None
    decision: dict[str, Any] | None
    current_band: int | None
    champion_id: int | None


class Accepted(Schema):
    """The tick was asked for."""

    detail: str


class BandOut(Schema):
    """A band; `active` shows what is in force where a pending edit differs."""

    id: int
    position: int
    floor_p_per_kwh: Amount | None
    ceiling_p_per_kwh: Amount | None
    target_coin: str
    champion_only: bool
    bitaxe_mode: str
    nerdqaxe_mode: str
    avalon_nano_mode: str
    nmminer_mode: str
    effective_from: datetime
    active: dict[str, Any] | None = None


class BandPatch(Body):
    """Any of a band's fields; absent ones stay. Those that follow from others are taken as they are."""

    comes_along = frozenset(BandOut.model_fields)

    ceiling_p_per_kwh: Decimal | None = None
    target_coin: str | None = None
    champion_only: bool | None = None
    bitaxe_mode: str | None = None
    nerdqaxe_mode: str | None = None
    avalon_nano_mode: str | None = None
    nmminer_mode: str | None = None


def strategy_json() -> dict[str, Any]:
    state = strategy_state()
    return {
        "enabled": state.enabled,
        "override": state.override_json(read_clock()),
        "decided_at": state.decided_at,
        "decision": state.decision,
        "current_band": state.current_band,
        "champion_id": state.champion_id,
    }


def rows_json(version: BandVersion) -> list[dict[str, Any]]:
    floor, rows = None, []
    for band in version.bands.all():
        modes = {item.family: item.mode for item in band.modes.all()}
        rows.append(
            {
                "id": band.pk,
                "position": band.position,
                "floor_p_per_kwh": floor,
                "ceiling_p_per_kwh": band.ceiling_p_per_kwh,
                "target_coin": band.target,
                "champion_only": band.champion_only,
                **{f"{family}_mode": modes.get(family, "managed_externally") for family in FAMILY_MODES},
                "effective_from": version.effective_from,
            }
        )
        floor = band.ceiling_p_per_kwh
    return rows


def bands_json() -> list[dict[str, Any]]:
    """Return the bands an editor shows; where they differ from those in force, those stand beside them."""
    shown, active = band_services.edited_version(), band_services.active_version()
    rows = rows_json(shown)
    if shown.pk == active.pk:
        return rows
    in_force = {row["position"]: row for row in rows_json(active)}
    for row in rows:
        old = in_force.get(row["position"])
        same = old is not None and all(old[name] == row[name] for name in row if name not in {"id", "effective_from"})
        row["active"] = None if same else old
    return rows


@router.get("", response=StrategyOut, summary="The strategy's state")
def read_strategy(request: HttpRequest) -> dict[str, Any]:
    caller(request)
    return strategy_json()


@router.post("/execute", response={202: Accepted}, summary="Look now")
def execute(request: HttpRequest) -> tuple[int, dict[str, str]]:
    who = caller(request, "control")
    look_now(actor=who.actor)
    return 202, {"detail": "The strategy looks now."}


@router.post("/enable", response=StrategyOut, summary="Switch the strategy on")
def enable(request: HttpRequest) -> dict[str, Any]:
    who = caller(request, "control")
    set_enabled(True, actor=who.actor)
    return strategy_json()


@router.post("/disable", response=StrategyOut, summary="Switch the strategy off")
def disable(request: HttpRequest) -> dict[str, Any]:
    who = caller(request, "control")
    set_enabled(False, actor=who.actor)
    return strategy_json()


@router.get("/bands", response=list[BandOut], summary="The price bands")
def list_bands(request: HttpRequest) -> list[dict[str, Any]]:
    caller(request)
    return bands_json()


@router.post(
    "/bands/reset", response=list[BandOut], summary="Back to the default bands"
)  # before ids: "reset" is none
def reset(request: HttpRequest) -> list[dict[str, Any]]:
    who = caller(request, "control")
    band_services.reset_bands(actor=who.actor, now=read_clock())
    return bands_json()


@router.patch("/bands/{band_id}", response=BandOut, summary="Change a band")
def patch_band(request: HttpRequest, band_id: int, changes: BandPatch) -> dict[str, Any]:
    who = caller(request, "control")
    band = known_band(band_id)
    told = changes.dict(exclude_unset=True)
    wanted: dict[str, Any] = {
        "modes": {family: told[f"{family}_mode"] for family in FAMILY_MODES if told.get(f"{family}_mode")}
    }
    for name, ours in (
        ("ceiling_p_per_kwh", "ceiling_p_per_kwh"),
        ("target_coin", "target"),
        ("champion_only", "champion_only"),
    ):
        if name in told:
            wanted[ours] = told[name]
    try:
        with band_services.in_turn():
            position = band_services.place_of(band)
            band_services.edit_band(position, wanted, actor=who.actor, now=read_clock())
    except BandError as error:  # its field is called otherwise here
        raise BandError({OUTSIDE.get(name, name): words for name, words in error.fields.items()}) from error
    return bands_json()[position - 1]


def known_band(band_id: int) -> Band:
    band = Band.objects.filter(pk=band_id).select_related("version").first()
    if band is None:
        raise BandError({"band_id": f"There is no band {band_id}."})
    return band


@router.post("/bands", response={201: list[BandOut]}, summary="Add a band below the dearest one")
def add_band(request: HttpRequest) -> tuple[int, list[dict[str, Any]]]:
    who = caller(request, "control")
    band_services.add_band(actor=who.actor, now=read_clock())
    return 201, bands_json()


@router.delete("/bands/{band_id}", response=list[BandOut], summary="Remove a band")
def remove_band(request: HttpRequest, band_id: int) -> list[dict[str, Any]]:
    who = caller(request, "control")
    band = known_band(band_id)
    with band_services.in_turn():
        band_services.remove_band(band_services.place_of(band), actor=who.actor, now=read_clock())
    return bands_json()
