"""Every event a household can be told of: its name, how loud, how often, and its standard text."""

from dataclasses import dataclass
from datetime import timedelta

USUAL, TEMPERATURE, AT_ONCE = timedelta(minutes=5), timedelta(minutes=15), timedelta(0)
REMIND_AFTER = (timedelta(hours=1), timedelta(hours=6), timedelta(hours=24))
REMIND_SOON = (timedelta(minutes=5), timedelta(minutes=15), timedelta(minutes=30))
HELD = timedelta(seconds=45)  # long enough to see whether several went together or it comes back at once
DEFAULT_TEXT = "**{label}** {title}\n{detail}\n{duration}"
FIELDS = ("label", "title", "detail", "duration", "severity", "event", "time")


@dataclass(frozen=True, slots=True, kw_only=True)
class EventType:
    """One event. `kinds` are the incidents, `actions` the rows of the activity that it is made of."""

    key: str
    label: str
    severity: str = "info"
    kinds: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    cooldown: timedelta = USUAL
    held: timedelta = AT_ONCE
    reminders: tuple[timedelta, ...] = REMIND_AFTER  # how long it has lasted when it is told again
    template: str = DEFAULT_TEXT
    tells_end: bool = True  # whether its end is news; not where a person ends it, who knows


_ALL = (
    EventType(
        key="miner_offline", label="Miner offline, and back", severity="warning",
        kinds=("miner_unreachable",), cooldown=AT_ONCE, held=HELD,
    ),
    EventType(
        key="temperature_warning", label="Temperature high", severity="warning",
        kinds=("miner_hot_chip", "miner_hot_vr"), cooldown=TEMPERATURE,
    ),
    EventType(
        key="temperature_danger", label="Miner overheated", severity="critical",
        kinds=("miner_overheated",), cooldown=TEMPERATURE,
    ),
    EventType(key="high_rejects", label="High reject rate", severity="warning", kinds=("miner_rejects",)),
    EventType(
        key="low_hashrate", label="Low hash rate or stalled", severity="warning",
        kinds=("miner_low_hashrate", "miner_stalled"),
    ),
    EventType(key="miner_not_off", label="Miner runs and should be off", severity="danger", kinds=("miner_not_off",)),
    EventType(
        key="miner_fault", label="Fan, Wi-Fi or other fault", severity="warning",
        kinds=("miner_fan", "miner_wifi", "miner_fault", "miner_firmware"),
    ),
    EventType(key="price_below", label="Price below a limit", cooldown=AT_ONCE),
    EventType(key="price_above", label="Price above a limit", severity="warning", cooldown=AT_ONCE),
    EventType(key="tomorrow_prices", label="Tomorrow's prices and best window", cooldown=AT_ONCE),
    EventType(key="negative_ahead", label="Negative prices ahead", cooldown=AT_ONCE),
    EventType(key="band_changed", label="Band changed", actions=("strategy.transition",)),
    EventType(key="champion", label="Champion chosen or replaced",
              actions=("champion.selected", "champion.promoted"), cooldown=AT_ONCE),
    EventType(key="champion_exhausted", label="No champion is left", severity="danger",
              kinds=("champion_exhausted",)),
    EventType(key="rule_fired", label="Automation rule", cooldown=AT_ONCE),
    EventType(key="override", label="Override", actions=("strategy.override",), cooldown=AT_ONCE),
    EventType(key="strategy_trouble", label="Strategy cannot do as told", severity="warning",
              kinds=("no_pool", "override_impossible", "rule_fault", "strategy_fault")),
    EventType(key="block_found", label="Block found", actions=("block.found",), cooldown=AT_ONCE,
              template="**{label}** found a block.\n{detail}"),
    EventType(key="block_settled", label="Block confirmed or orphaned",
              actions=("block.confirmed", "block.orphaned"), cooldown=AT_ONCE),
    EventType(key="best_share", label="New best share"),
    EventType(key="pool_down", label="Pool down, and back", severity="warning", kinds=("pool.down",),
              cooldown=AT_ONCE),
    EventType(key="prices_missing", label="Prices late or missing", severity="warning",
              kinds=("prices_missing", "prices_late", "fail_safe")),
    EventType(key="home_assistant_down", label="Home Assistant down, and back", severity="warning",
              kinds=("home_assistant_down", "home_assistant_token"), cooldown=AT_ONCE, reminders=REMIND_SOON),
    EventType(key="plug_trouble", label="Plug not confirmed", severity="danger",
              kinds=("plug_watts", "plug_missing", "plug_not_confirmed"), actions=("plug.cycle",)),
    EventType(key="drift", label="Miner changed by itself", severity="warning", actions=("miner.drift",)),
    EventType(key="backup_failed", label="Backup failed, and works again", severity="danger",
              kinds=("backup_failed",), cooldown=AT_ONCE),
    EventType(key="channel_broken", label="A channel does not work", severity="danger", kinds=("channel_broken",)),
    EventType(key="update_available", label="New version", kinds=("update_available",), cooldown=AT_ONCE,
              tells_end=False),
    EventType(key="other", label="Anything else that is wrong", severity="warning"),
    EventType(key="test", label="Test message", cooldown=AT_ONCE),
)  # fmt: skip
EVENTS = {item.key: item for item in _ALL}
BY_KIND = {kind: item for item in _ALL for kind in item.kinds}
BY_ACTION = {action: item for item in _ALL for action in item.actions}


def event_of_kind(kind: str) -> EventType:
    """Return the event an incident's kind belongs to; one nobody named is still told."""
    return BY_KIND.get(kind, EVENTS["other"])


def event_choices() -> list[tuple[str, str]]:
    return [(item.key, item.label) for item in _ALL if item.key != "test"]
