"""Tariffs that need no supplier to be asked: one price, or prices by the hours of the week."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.conf import settings

from energy.tariffs.base import ConfigError, FetchResult, Setting
from energy.tariffs.static_prices import wire

PRICE = Setting("price_p_per_kwh", "Price in p/kWh", "With VAT, such as 24.5.")
STANDING = Setting(
    "standing_charge_p_per_day",
    "Standing charge in p/day",
    "With VAT. A line of its own in the costs, never part of a price; empty if you do not want it.",
    required=False,
)
USUAL = Setting("price_p_per_kwh", "Price in p/kWh outside the hours below", "With VAT, such as 24.5.")
HOURS = Setting(
    "hours",
    "Hours with another price",
    "One a line: days, hours on your clock, p/kWh. Days are daily, weekdays, weekend, or mon to sun, also mon-fri "
    "or sat,sun. Hours may pass midnight. Of two lines that hold at once the upper one counts. "
    "Example: daily 00:30-05:30 7.5",
    is_long=True,
)


class FlatPrice:
    """The same price at any time."""

    kind: ClassVar[str] = "flat"
    label: ClassVar[str] = "One price at any time"
    needs_network: ClassVar[bool] = False
    settings: ClassVar[tuple[Setting, ...]] = (PRICE, STANDING)

    def validate(self, config: Mapping[str, Any]) -> dict[str, str]:
        wrong = {}
        for setting in self.settings:
            text = config.get(setting.name)
            if text in {None, ""} and not setting.required:
                continue
            sentence = complaint(setting.name, "" if text is None else str(text))
            if sentence:
                wrong[setting.name] = sentence
        return wrong

    def fetch(self, config: Mapping[str, Any], start: datetime, end: datetime) -> FetchResult:
        """Return half hours, cut where a price changes. Raise ConfigError for a configuration that is wrong."""
        wrong = self.validate(config)
        if wrong:
            raise ConfigError(" ".join(wrong.values()))
        rules = wire.rules_of(str(config.get("hours") or ""))
        usual = wire.price_of(str(config["price_p_per_kwh"]))
        zone = ZoneInfo(settings.TIME_ZONE)
        standing = str(config.get(STANDING.name) or "")
        return FetchResult(
            slots=tuple(wire.slots_of(rules, usual, zone, start, end)),
            config=config,
            standing_charge_p_per_day=wire.price_of(standing) if standing else None,
        )


class TimeOfUse(FlatPrice):
    """Prices by the hours of the week on the household's clock, such as a night tariff."""

    kind: ClassVar[str] = "time_of_use"
    label: ClassVar[str] = "Prices by the time of day"
    settings: ClassVar[tuple[Setting, ...]] = (USUAL, HOURS, STANDING)


def complaint(name: str, text: str) -> str:
    """Return what is wrong with a field, or nothing."""
    try:
        if name == HOURS.name:
            if not wire.rules_of(text):
                return f"Write at least one line, such as {wire.EXAMPLE}."
        elif wire.price_of(text) < 0 and name == STANDING.name:
            return "A standing charge is not below zero."
    except wire.RuleError as error:
        return str(error)
    return ""
