"""What a miner did, over REST: its readings, at the resolution that is kept, and its commands."""

from datetime import datetime
from typing import Any, Literal

from django.db.models import F, FloatField, Value
from django.db.models.functions import Cast, NullIf
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Schema
from ninja.pagination import paginate

from hmm.accounts.api import caller
from hmm.clock import now as read_clock
from hmm.rest import Body, Moment, Pages, PlainText
from miners.asking import code_of, value_of
from miners.models import Command, CommandKind, FiveMinuteMean, HourlyMean, Miner, TelemetryReading
from miners.models.history import QUANTITIES
from miners.services.commands import request_command

router = Router(tags=["miners"])
MEANS = {
    name: Cast(F(f"{name}_sum"), FloatField()) / NullIf(F(f"{name}_count"), Value(0), output_field=FloatField())
    for name in QUANTITIES
}


class ReadingOut(Schema):
    """One poll of a miner; unknown is null."""

    taken_at: datetime
    hashrate_ths: float | None
    expected_hashrate_ths: float | None
    power_w: float | None
    chip_temp_c: float | None
    vr_temp_c: float | None
    fan_percent: float | None
    frequency_mhz: float | None
    core_voltage_mv: int | None
    shares_accepted: int | None
    shares_rejected: int | None
    mode: str | None


class MeanOut(Schema):
    """The means of five minutes or of an hour; null where no reading told the quantity."""

    starts_at: datetime
    samples: int
    hashing_samples: int
    hashrate_ths: float | None
    power_w: float | None
    chip_temp_c: float | None
    chip_temp_c_max: float | None
    vr_temp_c: float | None
    fan_percent: float | None
    frequency_mhz: float | None


def without_wallet(value: Any) -> Any:
    """Return a command's value without the user of a pool, which is a wallet."""
    return {name: item for name, item in value.items() if name != "user"} if isinstance(value, dict) else value


class CommandOut(Schema):
    """One instruction and how it went; a pool's password is never part of it."""

    id: int
    kind: str
    value: Any
    previous: Any
    status: str
    actor: str
    reason: str
    message: str
    created_at: datetime
    sent_at: datetime | None
    finished_at: datetime | None

    @staticmethod
    def resolve_value(row: Command) -> Any:
        return without_wallet(row.value)

    @staticmethod
    def resolve_previous(row: Command) -> Any:
        return without_wallet(row.previous)


class CommandIn(Body):
    """A command as the page gives it: `on` or `off`, a mode, percent or `auto`, "MHz mV", a pool's id."""

    kind: str
    value: PlainText = ""
    code: PlainText = ""  # six digits, for a device that is locked with one-time codes


class CommandAnswer(Schema):
    """What became of it; no command where the device shows it already."""

    detail: str
    command: CommandOut | None


def chosen(model: Any, miner_id: int, moment: str, since: datetime | None, until: datetime | None) -> Any:
    get_object_or_404(Miner, pk=miner_id)
    rows = model.objects.filter(miner=miner_id).order_by(moment)
    if since is not None:
        rows = rows.filter(**{f"{moment}__gte": since})
    return rows if until is None else rows.filter(**{f"{moment}__lt": until})


@router.get("/{miner_id}/readings", response=list[ReadingOut], summary="Every reading that is kept, oldest first")
@paginate(Pages)
def readings(request: HttpRequest, miner_id: int, since: Moment | None = None, until: Moment | None = None) -> Any:
    caller(request)
    return chosen(TelemetryReading, miner_id, "taken_at", since, until)


@router.get("/{miner_id}/means", response=list[MeanOut], summary="Five-minute or hourly means, oldest first")
@paginate(Pages)
def means(
    request: HttpRequest,
    miner_id: int,
    over: Literal["5min", "hour"] = "5min",
    since: Moment | None = None,
    until: Moment | None = None,
) -> Any:
    caller(request)
    rows = chosen(FiveMinuteMean if over == "5min" else HourlyMean, miner_id, "starts_at", since, until)
    return rows.values("starts_at", "samples", "hashing_samples", "chip_temp_c_max", **MEANS)


@router.get("/{miner_id}/commands", response=list[CommandOut], summary="Its commands, newest first")
@paginate(Pages)
def list_commands(request: HttpRequest, miner_id: int) -> Any:
    caller(request)
    get_object_or_404(Miner, pk=miner_id)
    return Command.objects.filter(miner=miner_id).order_by("-created_at", "-pk")


@router.post("/{miner_id}/commands", response={202: CommandAnswer}, summary="Give a command")
def give_command(request: HttpRequest, miner_id: int, wanted: CommandIn) -> tuple[int, dict[str, Any]]:
    """Write a command; whether the device took it is told by its row, which its readings prove."""
    who = caller(request, "control")
    miner = get_object_or_404(Miner, pk=miner_id)
    if wanted.kind not in CommandKind.values:
        raise ValueError(f"{wanted.kind!r:.40} is no command; there are: {', '.join(CommandKind.values)}.")
    value, secret = value_of(miner, wanted.kind, wanted.value)
    made = request_command(
        miner,
        wanted.kind,
        value,
        actor=who.actor,
        reason="Over the API.",
        now=read_clock(),
        secret=secret,
        code=code_of(wanted.code),
    )
    words = f"On its way to {miner.name}." if made else f"{miner.name} already shows it."
    return 202, {"detail": words, "command": made}
