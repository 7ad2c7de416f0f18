"""The decision: which band is to be in force now, and why. Pure; time and prices are handed in.

The rule is the household's: an OFF band and a dearer band apply at once; a cheaper one waits until the
next slot confirms it, so that one cheap half hour does not restart the fleet twice.

The file is longer than others on purpose: the whole rule, with all it is decided on, is read in one place.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

OFF, KEEP, HOLD = "OFF", "KEEP", "HOLD"
TARGETS = (OFF, "DGB", "BC2", "BCH", "BTC", "BTC_POOLED", KEEP)
MANAGED_EXTERNALLY = "managed_externally"
BANDS_MIN, BANDS_MAX = 2, 12
JUST_BELOW = Decimal("0.000001")  # prices are whole micro-pence


class SituationError(ValueError):
    """A situation that cannot be decided on. `field` names the part at fault."""

    def __init__(self, field_name: str, message: str) -> None:
        super().__init__(message)
        self.field = field_name
        self.message = message


class Reason(StrEnum):
    """Why a decision is as it is; the audit log and the screen show it."""

    COLD_START = "cold_start"
    SAME_BAND = "same_band"
    DEARER_NOW = "dearer_now"
    OFF_NOW = "off_now"
    CHEAPER_CONFIRMED = "cheaper_confirmed"
    CHEAPER_NOT_CONFIRMED = "cheaper_not_confirmed"
    NEXT_UNKNOWN = "next_unknown"
    NO_PRICE_GRACE = "no_price_grace"
    NO_PRICE_FAIL_SAFE = "no_price_fail_safe"
    OVERRIDE_ON = "override_on"
    OVERRIDE_OFF = "override_off"
    DISABLED = "disabled"


class Power(StrEnum):
    """What a decision asks of the fleet as a whole."""

    ON = "on"
    OFF = "off"
    LOWEST = "lowest"  # what runs goes to its lowest mode, what is off stays off
    HOLD = "hold"  # nothing is changed


class OverrideKind(StrEnum):
    """A person's word above the prices."""

    AUTO = "auto"
    ON = "on"
    OFF = "off"


class FailSafe(StrEnum):
    """What happens when the price stays unknown."""

    OFF = "off"
    LOWEST = "lowest"
    HOLD = "hold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A price range with its target; it begins where the one before ends. Position 1 is the cheapest."""

    position: int
    ceiling_p_per_kwh: Decimal | None  # exclusive; None has no end
    target: str
    modes: Mapping[str, str] = field(default_factory=dict)  # by hardware family
    champion_only: bool = False
    floor_p_per_kwh: Decimal | None = None

    @property
    def runs(self) -> bool:
        return self.target != OFF

    @property
    def range_words(self) -> str:
        """Return the range as the screen writes it: "below 0 p", "5–10 p", "30 p and over"."""
        if self.ceiling_p_per_kwh is None:
            return f"{short(self.floor_p_per_kwh)} p and over" if self.floor_p_per_kwh is not None else "any price"
        if self.floor_p_per_kwh is None:
            return f"below {short(self.ceiling_p_per_kwh)} p"
        between = " to " if self.floor_p_per_kwh < 0 else "–"  # a dash beside a minus sign cannot be read
        return f"{short(self.floor_p_per_kwh)}{between}{short(self.ceiling_p_per_kwh)} p"

    @property
    def place_words(self) -> str:
        """Return where a price of this band lies: "below 0 p", "in 5–10 p", "30 p or over"."""
        if self.ceiling_p_per_kwh is None:
            return f"{short(self.floor_p_per_kwh)} p or over" if self.floor_p_per_kwh is not None else "in the band"
        return self.range_words if self.floor_p_per_kwh is None else f"in {self.range_words}"


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of time with one price, half-open."""

    start: datetime
    end: datetime
    price_p_per_kwh: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A person's word; `band` is a position for "on", `until` its optional end."""

    kind: OverrideKind = OverrideKind.AUTO
    band: int | None = None
    until: datetime | None = None

    def at(self, now: datetime) -> OverrideKind:
        return OverrideKind.AUTO if self.until is not None and now >= self.until else self.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How long an unknown price is waited out, and what then."""

    grace: timedelta = timedelta(minutes=30)
    fail_safe: FailSafe = FailSafe.OFF


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """Everything a decision depends on. `periods` are sorted and do not overlap."""

    now: datetime
    bands: tuple[Band, ...]
    periods: tuple[Period, ...]
    current_band: int | None = None
    last_price_at: datetime | None = None
    enabled: bool = True
    override: Override = field(default_factory=Override)
    settings: Settings = field(default_factory=Settings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What should be in force, and why."""

    band: Band | None  # None: no band is in force (override off, fail-safe, disabled)
    power: Power
    target: str
    reason: Reason
    explanation: str
    flips_at_p_per_kwh: Decimal | None = None  # the price of this slot at which the answer would change
    until: datetime | None = None  # when it must be asked again
    price_p_per_kwh: Decimal | None = None

    @property
    def champion_only(self) -> bool:
        return self.band is not None and self.power is Power.ON and self.band.champion_only


def decide(situation: Situation) -> Decision:
    """Return what is to be in force at `situation.now`, and why. The first rule that applies wins.

    Raise SituationError when an override asks for a band that does not exist or does not run.
    """
    if not situation.enabled:
        return disabled(situation)
    override = situation.override.at(situation.now)
    if override is OverrideKind.OFF:
        return Decision(
            band=None,
            power=Power.OFF,
            target=OFF,
            reason=Reason.OVERRIDE_OFF,
            explanation="Forced off by a person; prices are not asked.",
            until=situation.override.until,
            price_p_per_kwh=price_now(situation),
        )
    if override is OverrideKind.ON:
        return forced_on(situation)
    slot, following = slots_at(situation.periods, situation.now)
    if slot is None:
        return without_price(situation)
    return by_price(situation, slot, following)


# --- the band table ------------------------------------------------------------------------------


def by_price(situation: Situation, slot: Period, following: Period | None) -> Decision:
    """Decide by the price of the slot and, where the rule asks for it, of the one that follows."""
    price = slot.price_p_per_kwh
    next_price = following.price_p_per_kwh if following is not None else None
    band, reason = choose(situation.bands, situation.current_band, price, next_price)
    return Decision(
        band=band,
        power=Power.ON if band.runs else Power.OFF,
        target=band.target,
        reason=reason,
        explanation=explain(situation.bands, band, reason, price, next_price),
        flips_at_p_per_kwh=flip(situation.bands, situation.current_band, price, next_price),
        until=earliest(slot.end, situation.override.until, now=situation.now),
        price_p_per_kwh=price,
    )


def choose(
    bands: Sequence[Band], current_position: int | None, price: Decimal, next_price: Decimal | None
) -> tuple[Band, Reason]:
    """Return the band to be in and why: the table of the rule, one line a row."""
    wanted = band_for(price, bands)
    current = at_position(bands, current_position)
    if not wanted.runs:
        return wanted, Reason.OFF_NOW
    if current is None:
        return wanted, Reason.COLD_START
    if current.runs and wanted.position > current.position:
        return wanted, Reason.DEARER_NOW
    if wanted.position == current.position:
        return wanted, Reason.SAME_BAND
    return step_down(bands, current, wanted, next_price)


def step_down(bands: Sequence[Band], current: Band, wanted: Band, next_price: Decimal | None) -> tuple[Band, Reason]:
    """Move to a cheaper band, or out of an OFF one, only as far as the next slot confirms."""
    if next_price is None:
        return current, Reason.NEXT_UNKNOWN
    following = band_for(next_price, bands)
    if not following.runs:
        return current, Reason.CHEAPER_NOT_CONFIRMED
    dearer = max(wanted, following, key=lambda band: band.position)
    if current.runs and dearer.position >= current.position:
        return current, Reason.CHEAPER_NOT_CONFIRMED
    return dearer, Reason.CHEAPER_CONFIRMED


def band_for(price: Decimal, bands: Sequence[Band]) -> Band:
    """Return the band of a price; a price equal to a limit belongs to the dearer band."""
    for band in bands:
        if band.ceiling_p_per_kwh is None or price < band.ceiling_p_per_kwh:
            return band
    return bands[-1]


def at_position(bands: Sequence[Band], position: int | None) -> Band | None:
    """Return the band at a position; a position that is gone counts as no band."""
    if position is None or not 1 <= position <= len(bands):
        return None
    return bands[position - 1]


def flip(bands: Sequence[Band], current: int | None, price: Decimal, next_price: Decimal | None) -> Decimal | None:
    """Return the price of this slot at which the answer would be another band, the dearer side first."""
    here = choose(bands, current, price, next_price)[0].position
    limits = [band.ceiling_p_per_kwh for band in bands if band.ceiling_p_per_kwh is not None]
    for limit in limits:
        if limit > price and choose(bands, current, limit, next_price)[0].position != here:
            return limit
    for limit in reversed(limits):
        if limit <= price and choose(bands, current, limit - JUST_BELOW, next_price)[0].position != here:
            return limit
    return None


# --- without the table ---------------------------------------------------------------------------


def disabled(situation: Situation) -> Decision:
    """Nothing is commanded; the sentence still says what would be."""
    would = decide(replace(situation, enabled=True))
    return Decision(
        band=None,
        power=Power.HOLD,
        target=HOLD,
        reason=Reason.DISABLED,
        explanation=f"The strategy is off, nothing is commanded. Switched on: {would.explanation}",
        flips_at_p_per_kwh=None,
        until=would.until,
        price_p_per_kwh=would.price_p_per_kwh,
    )


def forced_on(situation: Situation) -> Decision:
    """Run the band a person chose; without one the band of now if it runs, else the cheapest that does."""
    slot, _following = slots_at(situation.periods, situation.now)
    band = override_band(situation.bands, situation.override.band, slot.price_p_per_kwh if slot is not None else None)
    return Decision(
        band=band,
        power=Power.ON,
        target=band.target,
        reason=Reason.OVERRIDE_ON,
        explanation=f"Forced on by a person in band {band.position}; prices are not asked.",
        until=earliest(
            slot.end if slot is not None and situation.override.band is None else None,
            situation.override.until,
            now=situation.now,
        ),
        price_p_per_kwh=slot.price_p_per_kwh if slot is not None else None,
    )


def override_band(bands: Sequence[Band], position: int | None, price: Decimal | None) -> Band:
    """Return the band "force on" runs. Raise SituationError when there is none that runs."""
    if position is not None:
        chosen = at_position(bands, position)
        if chosen is None:
            raise SituationError("override.band", f"There is no band {position}; there are {len(bands)}.")
        if not chosen.runs:
            raise SituationError("override.band", f"Band {position} is OFF; choose a band that runs.")
        return chosen
    now_band = band_for(price, bands) if price is not None else None
    if now_band is not None and now_band.runs:
        return now_band
    running = next((band for band in bands if band.runs), None)
    if running is None:
        raise SituationError("override.band", "Every band is OFF. Give one band a coin first.")
    return running


def without_price(situation: Situation) -> Decision:
    """Hold for the grace time after the last price, then the fail-safe. It ends with the next price."""
    last = situation.last_price_at or last_end(situation.periods, situation.now)
    grace_ends = last + situation.settings.grace if last is not None else None
    following = next((period.start for period in situation.periods if period.start > situation.now), None)
    if grace_ends is not None and situation.now < grace_ends:
        return Decision(
            band=at_position(situation.bands, situation.current_band),
            power=Power.HOLD,
            target=HOLD,
            reason=Reason.NO_PRICE_GRACE,
            explanation="No price is known for now; everything stays as it is for the grace time.",
            until=earliest(grace_ends, following, situation.override.until, now=situation.now),
        )
    power, target, words = {
        FailSafe.OFF: (Power.OFF, OFF, "every enrolled miner is turned off"),
        FailSafe.LOWEST: (Power.LOWEST, KEEP, "what runs goes to its lowest mode"),
        FailSafe.HOLD: (Power.HOLD, HOLD, "everything stays as it is"),
    }[situation.settings.fail_safe]
    return Decision(
        band=None,
        power=power,
        target=target,
        reason=Reason.NO_PRICE_FAIL_SAFE,
        explanation=f"No price is known for now and the grace time is over: {words} until prices are back.",
        until=earliest(following, situation.override.until, now=situation.now),
    )


# --- slots ---------------------------------------------------------------------------------------


def slots_at(periods: Sequence[Period], now: datetime) -> tuple[Period | None, Period | None]:
    """Return the slot `now` lies in and the one that follows it without a gap."""
    place = bisect_right(periods, now, key=lambda period: period.start) - 1
    if place < 0 or now >= periods[place].end:
        return None, None
    slot = periods[place]
    following = periods[place + 1] if place + 1 < len(periods) else None
    return slot, following if following is not None and following.start == slot.end else None


def price_now(situation: Situation) -> Decimal | None:
    slot, _following = slots_at(situation.periods, situation.now)
    return slot.price_p_per_kwh if slot is not None else None


def last_end(periods: Sequence[Period], now: datetime) -> datetime | None:
    """Return the end of the newest slot that does not end after `now`."""
    place = bisect_right(periods, now, key=lambda period: period.end) - 1
    return periods[place].end if place >= 0 else None


def earliest(*moments: datetime | None, now: datetime) -> datetime | None:
    """Return the first of the moments that is still to come."""
    return min((moment for moment in moments if moment is not None and moment > now), default=None)


# --- words ---------------------------------------------------------------------------------------


def explain(bands: Iterable[Band], band: Band, reason: Reason, price: Decimal, next_price: Decimal | None) -> str:
    """Return the decision as a sentence with its prices."""
    bands = tuple(bands)
    here = band_for(price, bands)
    is_in = f"{exact(price)} p is {here.place_words}"
    following = f"the next slot is {exact(next_price)} p" if next_price is not None else ""
    stays = f"band {band.position} stays" if band.runs else f"it stays off in band {band.position}"
    return {
        Reason.OFF_NOW: f"{is_in}, which is off.",
        Reason.COLD_START: f"{is_in}; no band was in force before, so band {band.position} is taken.",
        Reason.SAME_BAND: f"{is_in}, the band in force.",
        Reason.DEARER_NOW: f"{is_in}; a dearer band applies at once.",
        Reason.NEXT_UNKNOWN: f"{is_in}, but the next slot's price is not known: {stays}.",
        Reason.CHEAPER_NOT_CONFIRMED: f"{is_in}, but {following} and does not confirm it: {stays}.",
        Reason.CHEAPER_CONFIRMED: f"{is_in} and {following}, which confirms band {band.position}.",
    }[reason]


def exact(price: Decimal) -> str:
    """Return a price with at least two places and all that it has."""
    places = max(2, -int(price.normalize().as_tuple().exponent)) if price else 2
    return f"{price:.{places}f}"


def short(limit: Decimal | None) -> str:
    """Return a limit without needless places."""
    if limit is None:
        return ""
    return f"{limit:f}".rstrip("0").rstrip(".") if "." in f"{limit:f}" else f"{limit:f}"
