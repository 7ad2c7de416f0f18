"""Tariffs over REST: which there are, which is active, and choosing another."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Router, Schema
from ninja.pagination import paginate

from energy.models import Tariff
from energy.services.refresh import WrongSettingsError, choose_tariff, remove_tariff, rename_tariff
from energy.tariffs.base import ConfigError
from energy.tariffs.registry import loaded, settings_of, tariff_choices
from energy.tasks import fetch_now
from hmm.accounts.api import caller
from hmm.clock import now as read_clock
from hmm.rest import Body, Pages, PlainText, RowId

router = Router(tags=["energy"])


class SettingOut(Schema):
    """A field of a tariff's configuration."""

    name: str
    label: str
    help: str
    required: bool
    choices: list[tuple[str, str]]


class KindOut(Schema):
    """A kind of tariff that can be chosen; `settings` is null where a plug-in names none."""

    kind: str
    label: str
    settings: list[SettingOut] | None


class KindsOut(Schema):
    """The kinds, and the plug-ins that failed to load with the reason."""

    kinds: list[KindOut]
    failed: dict[str, str]


class TariffOut(Schema):
    """A tariff. One is active; the others keep their prices."""

    id: int
    kind: str
    name: str
    config: dict[str, Any]
    active: bool
    fetched_at: datetime | None
    fetch_due_at: datetime | None
    last_error: str


class TariffIn(Body):
    """A tariff that is to be the active one from now on."""

    kind: PlainText = Field(max_length=40)
    name: PlainText = Field("", max_length=120)
    config: dict[str, PlainText] = {}


class TariffPatch(Body):
    """Its name. Other terms are another tariff: post it."""

    name: PlainText = Field(min_length=1, max_length=120)


@router.get("/kinds", response=KindsOut, summary="The kinds of tariff that can be chosen")
def kinds(request: HttpRequest) -> dict[str, Any]:
    caller(request)
    found = [{"kind": kind, "label": label, "settings": settings_of(kind)} for kind, label in tariff_choices()]
    return {"kinds": found, "failed": loaded()[1]}


@router.get("", response=list[TariffOut], summary="The tariffs, the active one first")
@paginate(Pages)
def tariffs(request: HttpRequest) -> Any:
    caller(request)
    return Tariff.objects.order_by("-active", "pk")


@router.post("", response={201: TariffOut}, summary="Choose a tariff")
def choose(request: HttpRequest, wanted: TariffIn) -> tuple[int, Tariff]:
    who = caller(request, "control")
    return 201, activate_with(wanted.kind, dict(wanted.config), wanted.name, who.actor)


@router.get("/{tariff_id}", response=TariffOut, summary="One tariff")
def tariff(request: HttpRequest, tariff_id: RowId) -> Tariff:
    caller(request)
    return get_object_or_404(Tariff, pk=tariff_id)


@router.patch("/{tariff_id}", response=TariffOut, summary="Rename a tariff")
def rename(request: HttpRequest, tariff_id: RowId, changes: TariffPatch) -> Tariff:
    who = caller(request, "control")
    return rename_tariff(get_object_or_404(Tariff, pk=tariff_id), changes.name, actor=who.actor)


@router.post("/{tariff_id}/activate", response=TariffOut, summary="Make a tariff of before the active one again")
def activate(request: HttpRequest, tariff_id: RowId) -> Tariff:
    who = caller(request, "control")
    old = get_object_or_404(Tariff, pk=tariff_id)
    return activate_with(old.kind, old.config, old.name, who.actor)


@router.delete("/{tariff_id}", response={204: None}, summary="Remove a tariff that was never used")
def remove(request: HttpRequest, tariff_id: RowId) -> tuple[int, None]:
    who = caller(request, "control")
    remove_tariff(get_object_or_404(Tariff, pk=tariff_id), actor=who.actor)
    return 204, None


def activate_with(kind: str, config: dict[str, Any], name: str, actor: str) -> Tariff:
    """Choose a tariff and have its prices fetched. Raise WrongSettingsError."""
    label = dict(tariff_choices()).get(kind)
    try:
        chosen = choose_tariff(kind=kind, config=config, name=name or label or kind, actor=actor, now=read_clock())
    except ConfigError as error:
        raise WrongSettingsError({"kind": str(error)}) from error
    transaction.on_commit(lambda: fetch_now.delay(chosen.pk, actor))
    return chosen
