"""Keep tuning profiles and say which miner may take one. Nothing outside a board's limits is kept or sent."""

from dataclasses import asdict, dataclass
from typing import Any

from django.db import IntegrityError, transaction

from hmm.audit.services import record
from miners.drivers.base import Board, Limits, Preset
from miners.drivers.registry import FAMILIES, FAMILY_LABELS, modes_of
from miners.models import Miner, NewestReading, TuningProfile
from miners.models.profile import Fan
from miners.services.allowing import CommandRefusedError, check_preset

SHIPPED_MODES = ("eco", "standard", "turbo")
EDITABLE = ("name", "kind", "asic_model", "mode", "frequency_mhz", "core_voltage_mv", "fan", "fan_percent")


class ProfileError(ValueError):
    """A profile that cannot be; `fields` says where and why."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__(words)
        self.fields = {field: words}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitness:
    """Which of the household's miners could take a pair: how many of them, and the widest limits there are."""

    limits: Limits | None
    fitting: tuple[str, ...]
    candidates: int


def chips() -> list[tuple[str, str]]:
    """Return (family, chip) of the boards the household has, for which something may be set."""
    found: set[tuple[str, str]] = {
        (miner.kind, board.asic_model)
        for miner in Miner.objects.exclude(board_facts=None).order_by()
        if (board := miner.board) is not None and board.asic_model and board.limits is not None
    }
    return sorted(found)


def fitness(kind: str, asic_model: str, preset: Preset) -> Fitness:
    """Compare a pair with the boards of the miners of a family and chip."""
    miners = [
        (miner, board)
        for miner in Miner.objects.filter(kind=kind).exclude(board_facts=None)
        if (board := miner.board) is not None and board.asic_model == asic_model and board.limits is not None
    ]
    limits = [board.limits for _miner, board in miners if board.limits is not None]
    widest = (
        Limits(
            frequency_min_mhz=min(one.frequency_min_mhz for one in limits),
            frequency_max_mhz=max(one.frequency_max_mhz for one in limits),
            core_voltage_min_mv=min(one.core_voltage_min_mv for one in limits),
            core_voltage_max_mv=max(one.core_voltage_max_mv for one in limits),
        )
        if limits
        else None
    )
    fitting = tuple(miner.name for miner, board in miners if board.limits is not None and board.limits.allow(preset))
    return Fitness(limits=widest, fitting=fitting, candidates=len(miners))


def check_profile(profile: TuningProfile) -> None:
    """Raise ProfileError for a profile that no device of the household could take."""
    if not profile.name.strip():
        raise ProfileError("name", "A profile needs a name.")
    if profile.kind not in FAMILY_LABELS:
        raise ProfileError("kind", f"{profile.kind!r:.30} is no family; there are: {', '.join(FAMILY_LABELS)}.")
    least = getattr(FAMILIES[profile.kind], "fan_min_percent", 0)
    if profile.fan == Fan.FIXED and not (profile.fan_percent is not None and least <= profile.fan_percent <= 100):
        raise ProfileError("fan_percent", f"A fan runs at {least} to 100 %.")
    check_mode_or_fan(profile) if profile.preset is None else check_limits(profile, profile.preset)


def check_mode_or_fan(profile: TuningProfile) -> None:
    if profile.frequency_mhz is not None or profile.core_voltage_mv is not None:
        raise ProfileError("core_voltage_mv", "A clock and a core voltage belong together; give both or neither.")
    modes = modes_of(profile.kind)
    if profile.mode not in (*modes, "") or not (profile.mode or profile.fan):
        raise ProfileError("mode", f"Give a clock and a core voltage, or a mode: {', '.join(modes)}.")


def check_limits(profile: TuningProfile, preset: Preset) -> None:
    fits = fitness(profile.kind, profile.asic_model, preset)
    if fits.limits is None:
        raise ProfileError("asic_model", "No miner with this chip is known, so its limits are not known either.")
    if not fits.fitting:
        good_clock = fits.limits.frequency_min_mhz <= preset.frequency_mhz <= fits.limits.frequency_max_mhz
        field = "core_voltage_mv" if good_clock else "frequency_mhz"
        raise ProfileError(field, f"{in_words(fits.limits)}; no miner of yours can take this.")


def in_words(limits: Limits) -> str:
    return (
        f"{limits.frequency_min_mhz} to {limits.frequency_max_mhz} MHz"
        f" and {limits.core_voltage_min_mv} to {limits.core_voltage_max_mv} mV"
    )


def save_profile(profile: TuningProfile, *, actor: str) -> TuningProfile:
    """Keep a profile. Raise ProfileError naming the field that is wrong."""
    if profile.shipped:
        raise ProfileError("name", f"{profile} comes with HMM and stays as it is. Make one of your own.")
    check_profile(profile)
    profile.name = profile.name.strip().replace("\x00", "")
    if profile.fan != Fan.FIXED:
        profile.fan_percent = None
    before = TuningProfile.objects.filter(pk=profile.pk).values(*EDITABLE).first() if profile.pk else None
    try:
        with transaction.atomic():
            profile.save()
            after = {name: getattr(profile, name) for name in EDITABLE}
            record(actor=actor, action="profile.save", target=profile, before=before, after=after)
    except IntegrityError as error:
        raise ProfileError("name", f"There is a profile {profile.name!r} for this chip already.") from error
    return profile


def profile_of(miner: Miner, *, name: str, actor: str) -> TuningProfile:
    """Keep what a miner runs at now under a name. Raise ProfileError when that is not known."""
    newest = NewestReading.objects.filter(miner=miner).first()
    board = miner.board
    if newest is None or newest.frequency_mhz is None or newest.core_voltage_mv is None or board is None:
        raise ProfileError("name", f"{miner.name} does not say what clock and core voltage it runs at.")
    profile = TuningProfile(
        name=name,
        kind=miner.kind,
        asic_model=board.asic_model or "",
        frequency_mhz=round(newest.frequency_mhz),
        core_voltage_mv=newest.core_voltage_mv,
    )
    return save_profile(profile, actor=actor)


def remove_profile(profile: TuningProfile, *, actor: str) -> None:
    """Forget a profile. Raise ProfileError for a shipped one."""
    if profile.shipped:
        raise ProfileError("name", f"{profile} comes with HMM and stays.")
    with transaction.atomic():
        record(actor=actor, action="profile.remove", target=profile, before={"sets": profile.in_words})
        profile.delete()


def keep_shipped_profiles(kind: str, board: Board | None) -> None:
    """Make, or bring up to what the board reports, the profiles that ship for it: eco, standard, turbo."""
    if board is None or board.limits is None or not board.asic_model:
        return
    model = (board.model or board.asic_model)[:40]
    for position, mode in enumerate(SHIPPED_MODES):
        preset = board.presets.get(mode)
        if preset is None or not board.limits.allow(preset):
            continue
        values: dict[str, Any] = {**asdict(preset), "mode": mode, "board_model": model, "position": position}
        key: dict[str, Any] = {"kind": kind, "asic_model": board.asic_model, "name": f"{model} {mode}"}
        if not TuningProfile.objects.filter(**key, shipped=False).exists():  # a person's own of that name stays
            TuningProfile.objects.update_or_create(**key, shipped=True, defaults=values)


def check_fit(profile: TuningProfile, miner: Miner) -> None:
    """Raise CommandRefusedError when a miner must not, or cannot, take a profile."""
    board = miner.board
    chip = board.asic_model if board is not None else None
    if profile.kind != miner.kind or (profile.asic_model and profile.asic_model != chip):
        made_for = f"{FAMILY_LABELS.get(profile.kind, profile.kind)} {profile.asic_model}".strip()
        raise CommandRefusedError(f"{profile} is made for {made_for}; {miner.name} is {miner.model or miner.kind}.")
    if profile.preset is not None:
        check_preset(miner, profile.preset, with_consent=False)
