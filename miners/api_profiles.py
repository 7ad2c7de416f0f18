"""Tuning profiles over REST. They are applied by POST /api/miners/bulk/profile."""

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Schema, Status

from hmm.accounts.api import caller
from hmm.rest import Body
from miners.models import Miner, TuningProfile
from miners.services.tuning import EDITABLE, ProfileError, profile_of, remove_profile, save_profile

router = Router(tags=["profiles"])
INT_MAX = 32767


class ProfileOut(Schema):
    """One profile. `shipped` ones come with HMM and cannot be changed."""

    id: int
    name: str
    kind: str
    asic_model: str
    board_model: str
    mode: str
    frequency_mhz: int | None
    core_voltage_mv: int | None
    fan: str
    fan_percent: int | None
    shipped: bool


class ProfilePatch(Body):
    """What may be changed of a profile; absent fields stay. `fan` is empty, auto or fixed."""

    name: str | None = None
    kind: str | None = None
    asic_model: str | None = None
    mode: str | None = None
    frequency_mhz: int | None = None
    core_voltage_mv: int | None = None
    fan: str | None = None
    fan_percent: int | None = None


class ProfileIn(ProfilePatch):
    """A new profile. With `from_miner_id` it takes what that miner runs at now."""

    name: str
    from_miner_id: int | None = None


@router.get("", response=list[ProfileOut], summary="Every tuning profile")
def list_profiles(request: HttpRequest) -> list[TuningProfile]:
    caller(request)
    return list(TuningProfile.objects.all())


@router.get("/{profile_id}", response=ProfileOut, summary="One tuning profile")
def get_profile(request: HttpRequest, profile_id: int) -> TuningProfile:
    caller(request)
    return get_object_or_404(TuningProfile, pk=profile_id)


@router.post("", response={201: ProfileOut}, summary="Keep a tuning profile")
def create_profile(request: HttpRequest, asked: ProfileIn) -> Status[TuningProfile]:
    who = caller(request, "control")
    if asked.from_miner_id is not None:
        miner = get_object_or_404(Miner, pk=asked.from_miner_id)
        return Status(201, profile_of(miner, name=asked.name, actor=who.actor))
    return Status(201, save_profile(changed(TuningProfile(), asked), actor=who.actor))


@router.patch("/{profile_id}", response=ProfileOut, summary="Change a tuning profile")
def patch_profile(request: HttpRequest, profile_id: int, asked: ProfilePatch) -> TuningProfile:
    who = caller(request, "control")
    return save_profile(changed(get_object_or_404(TuningProfile, pk=profile_id), asked), actor=who.actor)


@router.delete("/{profile_id}", response={204: None}, summary="Forget a tuning profile")
def delete_profile(request: HttpRequest, profile_id: int) -> Status[None]:
    who = caller(request, "control")
    remove_profile(get_object_or_404(TuningProfile, pk=profile_id), actor=who.actor)
    return Status(204, None)


def changed(profile: TuningProfile, asked: ProfilePatch) -> TuningProfile:
    """Return the profile with what was asked for. Raise ProfileError for what no column could hold."""
    for name, value in asked.dict(exclude_unset=True, include=set(EDITABLE)).items():
        field = TuningProfile._meta.get_field(name)
        if isinstance(value, int) and not 0 <= value <= INT_MAX:
            raise ProfileError(name, f"{name} is from 0 to {INT_MAX}.")
        if isinstance(value, str) and (len(value) > (getattr(field, "max_length", None) or 60) or "\x00" in value):
            raise ProfileError(name, f"{name} is too long, or holds what cannot be stored.")
        setattr(profile, name, "" if value is None and not field.null else value)
    if profile.fan not in {"", "auto", "fixed"}:
        raise ProfileError("fan", "The fan is left alone (empty), auto or fixed.")
    return profile
