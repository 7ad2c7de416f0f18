"""A stretch of the house's life: leap over what is quiet, live through the rest, and watch what is true."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from energy.models import Tariff
from miners.models import Command, Miner, PlugCommand
from strategy.models import StrategyState
from tests.soak.household import PLUGS, Resident
from tests.soak.oracle import Oracle
from tests.soak.resting import is_left, left_by
from tests.soak.troubles import Trouble, draw
from tests.soak.world import MINUTE, SECOND, World

LEAD = timedelta(seconds=20)  # everything is read again before something may change
AFTER = timedelta(seconds=30)
LONGEST = timedelta(minutes=22)
SETTLED_AFTER = timedelta(minutes=25)  # what failed comes again with longer and longer waits
CALM_S, DISTURBED_S = 120.0, 660.0  # allowed reaction time; see docs/develop/soak.md
REMEMBERED_S = 900.0  # how long after its end a trouble still explains a slow reaction


@dataclass(slots=True)
class Life:
    """What is lived, with what was seen."""

    world: World
    oracle: Oracle
    dice: random.Random
    troubles_a_day: float = 2.0
    now_wrong: list[Trouble] = field(default_factory=list)
    ends: dict[int, datetime] = field(default_factory=dict)
    moments: set[datetime] = field(default_factory=set)  # at which something may follow from a trouble
    ended_at: dict[str, float] = field(default_factory=dict)  # live seconds, by name; "" is everybody
    hands: dict[str, set[str]] = field(default_factory=dict)  # fields a person holds until the band changes
    left_until: dict[str, datetime] = field(default_factory=dict)  # plugs a hand moved; they stay so for hours
    live_s: float = 0.0
    hot_s: Counter[str] = field(default_factory=Counter)
    too_long: list[str] = field(default_factory=list)
    looks: list[tuple[datetime, tuple[int | None, str], tuple[int | None, str], str]] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    word: str = "stay"
    place: int | None = None
    champion: str | None = None
    changed_s: float = 0.0
    watched: datetime | None = None
    seen_decisions: int = 0
    unenrolled: set[str] = field(default_factory=set)
    calm_checks: int = 0
    unsure_until: datetime = datetime(2000, 1, 1, tzinfo=UTC)
    order: Callable[["Life"], None] = lambda _life: None
    when_calm: list[Callable[["Life"], None]] = field(default_factory=list)
    modes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    presets: dict[tuple[str, str], int] = field(default_factory=dict)
    modes_of_line: list[dict[str, str]] = field(default_factory=list)

    def say(self, words: str) -> None:
        self.told.append(f"{self.world.now:%m-%d %H:%M:%S} {words}")

    # --- what is known ----------------------------------------------------------------------------

    def read_prices(self) -> None:
        self.oracle.learn(self.world.stored_prices())

    def oracle_price(self, start: datetime) -> set[Decimal] | None:
        """Return what the feed tells or told of a slot, None where it told nothing."""
        book = self.world.feed.book
        corrected = book.changed.pop(start, None)
        told = book.price(start, "J")
        if corrected is not None:
            book.changed[start] = corrected
        return None if told is None else {told[1], *([corrected] if corrected is not None else [])}

    # --- watching ---------------------------------------------------------------------------------

    def watch(self) -> None:
        """Look at the devices themselves; called after every beat."""
        world = self.world
        passed = (world.now - self.watched).total_seconds() if self.watched else 0.0
        self.watched = world.now
        self.live_s += passed
        self.compare_decisions()
        champion = self.champion
        for name, resident in world.house.residents.items():
            if getattr(resident.device, "overheated_at", None) is not None:
                # It cools, and steps down by itself once it has: hours later where its current is cut meanwhile.
                self.hands.setdefault(name, set()).add("mode")
            if not (self.must_be_off(name, champion) and resident.hashes and self.can_be_off(resident, champion)):
                self.hot_s[name] = 0
                continue
            if self.is_wrong_now(name):
                self.hot_s[name] = 0
                continue
            self.hot_s[name] += passed
            if self.hot_s[name] > self.allowed_s(name):
                self.too_long.append(f"{world.now:%m-%d %H:%M:%S} {name} for {self.hot_s[name]:.0f} s")
                self.say(f"!! {name} hashes although off for {self.hot_s[name]:.0f} s")
                self.hot_s[name] = -1e9

    def compare_decisions(self) -> None:
        new = self.world.decisions[self.seen_decisions :]
        self.seen_decisions = len(self.world.decisions)
        if not new:
            return
        self.champion = self.champion_name()
        for at, decision, prices in new:
            self.oracle.learn(prices)
            word, place = self.oracle.look(at)
            if (word, place) != (self.word, self.place):
                self.changed_s = self.live_s
                self.hands.clear()
            self.word, self.place = word, place
            target = {"stay": "HOLD", "off": "OFF", "run": self.oracle.lines[place or 0].target}[word]
            expected = (None if place is None else place + 1, target)
            given = (decision.band.position if decision.band else None, decision.target)
            self.looks.append((at, expected, given, decision.reason))
            if expected != given:
                self.say(f"!! decided {given} for {decision.reason}, expected {expected}")

    def champion_name(self) -> str | None:
        state = StrategyState.objects.only("champion_id").filter(pk=1).first()
        if state is None or state.champion_id is None:
            return None
        return Miner.objects.values_list("name", flat=True).filter(pk=state.champion_id).first()

    def must_be_off(self, name: str, champion: str | None) -> bool:
        role = self.world.house.residents[name].role
        if not role.enrolled or name in self.unenrolled:
            return False
        if self.word == "off":
            return True
        if self.word == "run" and self.place is not None and self.oracle.lines[self.place].alone:
            return name != champion
        return False

    def can_be_off(self, resident: Resident, champion: str | None) -> bool:
        if resident.role.pauses:
            return True
        if not resident.role.plug:
            return False
        plug = next(plug for plug in PLUGS if plug.entity == resident.role.plug)
        others = self.world.house.behind(plug.entity)
        return (
            not plug.locked
            and not is_left(self, plug.entity)
            and all(self.must_be_off(other.role.name, champion) for other in others)
        )

    def is_wrong_now(self, name: str) -> bool:
        return any(name in trouble.who or "" in trouble.who for trouble in self.now_wrong)

    def allowed_s(self, name: str) -> float:
        last = max(self.ended_at.get(name, -1e9), self.ended_at.get("", -1e9))
        return DISTURBED_S if self.live_s - last < REMEMBERED_S else CALM_S

    # --- troubles ---------------------------------------------------------------------------------

    def begin(self, trouble: Trouble) -> None:
        self.say(f"begins: {trouble.name} ({trouble.lasts})")
        trouble.begin()
        if trouble.hand or trouble.fields:
            for name in trouble.who:
                self.hands.setdefault(name, set()).update(trouble.fields)
        self.left_until |= left_by(trouble.plugs, self.world.now)
        self.now_wrong.append(trouble)
        self.ends[id(trouble)] = self.world.now + trouble.lasts
        self.moments |= {whole_minute(self.world.now + wait) for wait in trouble.moments}

    def end_due(self) -> None:
        for trouble in list(self.now_wrong):
            if self.world.now >= self.ends[id(trouble)]:
                self.end(trouble)

    def end(self, trouble: Trouble) -> None:
        self.say(f"ends: {trouble.name}")
        trouble.end()
        self.now_wrong.remove(trouble)
        self.unsure_until = self.world.now + SETTLED_AFTER
        for name in trouble.who:
            self.ended_at[name] = self.live_s

    def disturb(self) -> None:
        """Kill a worker in the middle, or let two do the same second, now and then."""
        draw_of = self.dice.random()
        if draw_of < 0.01:
            self.world.kill_at = self.dice.randint(1, 14)
            self.ended_at[""] = self.live_s
            self.say(f"kills at write {self.world.kill_at}")
        self.world.crowded = draw_of > 0.99

    # --- time -------------------------------------------------------------------------------------

    def next_change(self) -> datetime:
        """Return the next slot start at which another band is to be in force, or at which no price is known."""
        world, oracle = self.world, self.oracle
        self.read_prices()
        kept = (oracle.current, oracle.away_since)
        try:
            here = (self.word, self.place)
            at = world.now
            while at < world.now + timedelta(hours=12):
                slot = oracle.slot(at)
                at = slot[1] if slot else at + MINUTE
                if oracle.forced[2] and world.now < oracle.forced[2] <= at:
                    return oracle.forced[2]
                if oracle.look(at) != here:
                    return at
            return at
        finally:
            oracle.current, oracle.away_since = kept

    def leap(self, until: datetime) -> None:
        """Pass a quiet stretch. The strategy's looks in it, which would change nothing, are noted as made."""
        world = self.world
        StrategyState.objects.filter(pk=1).update(decided_at=until - SECOND)
        world.leap(until)
        self.watched = until

    def live(self, until: datetime) -> None:
        while self.world.now < until:
            self.disturb()
            soon = min([until, *[self.ends[id(trouble)] for trouble in self.now_wrong]])
            self.world.now = max(self.world.now + SECOND, min(soon, self.world.next_due()))
            self.end_due()
            self.world.beat()

    def is_restless(self) -> bool:
        return bool(
            any(seconds > 0 for seconds in self.hot_s.values())
            or PlugCommand.objects.open().exists()
            or Command.objects.open().exclude(status="needs restart").exists()
            or any(trouble.lasts < LONGEST and not trouble.moments for trouble in self.now_wrong)
        )

    def lived(self, until: datetime) -> None:
        """Live until all is calm, not much longer."""
        self.live(until)
        ends = self.world.now + LONGEST
        while self.is_restless() and self.world.now < ends:
            self.live(self.world.now + timedelta(seconds=20))

    def pass_time(self, ends: datetime) -> None:
        world = self.world
        self.world.watchers.append(self.watch)
        for miner in Miner.objects.filter(kind__in=("bitaxe", "nerdqaxe")):
            self.modes[miner.name] = miner.modes
            presets = miner.board.presets if miner.board is not None else {}
            self.presets |= {(miner.name, mode): preset.frequency_mhz for mode, preset in presets.items()}
        self.watched = world.now
        self.lived(world.now + 2 * MINUTE)
        while world.now < ends:
            change = self.next_change()
            wait = self.dice.expovariate(self.troubles_a_day / 86400)
            trouble_at = world.now + timedelta(seconds=wait)
            at = min(change, trouble_at, ends)
            long = [self.ends[id(trouble)] for trouble in self.now_wrong]
            self.moments = {moment for moment in self.moments if moment > world.now}
            at = min([at, *long, *self.moments])
            self.leap_to(at - LEAD)
            if world.now >= ends:
                return
            self.lived(max(at - SECOND, world.now))
            for act in self.when_calm:
                act(self)
            if at == trouble_at or (at == change and self.dice.random() < 0.25):
                if self.dice.random() < 0.12:
                    self.order(self)
                else:
                    self.begin(draw(world, self.dice))
            self.lived(max(at, world.now) + AFTER)

    def leap_to(self, until: datetime) -> None:
        """Leap, and stop where prices are to be fetched."""
        world = self.world
        while world.now < until:
            due = Tariff.objects.filter(active=True).values_list("fetch_due_at", flat=True).first()
            at = min(until, max(due, world.now + MINUTE)) if due else until
            self.leap(at)
            world.fetch()
            if self.next_change() <= world.now + LEAD:
                return


def whole_minute(moment: datetime) -> datetime:
    """Return the first look of the strategy from an instant on."""
    minute = moment.replace(second=0, microsecond=0)
    return minute if minute == moment else minute + MINUTE
