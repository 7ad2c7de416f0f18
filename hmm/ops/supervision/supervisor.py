"""Start every process in order, keep each alive, and stop them all in good order."""

import json
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from hmm.ops.supervision import redis
from hmm.ops.supervision.backoff import Backoff
from hmm.ops.supervision.child import Child, fork
from hmm.ops.supervision.clockwatch import ClockWatch
from hmm.ops.supervision.console import Console
from hmm.ops.supervision.errors import CannotStartError
from hmm.ops.supervision.guard import Guard
from hmm.ops.supervision.timing import GRACE_S
from hmm.ops.supervision.watch import Watch, wait_until

LOOK_AT_CLOCK_EVERY_S = 5.0
REDIS_STARTS_WITHIN_S = 10.0
FOR_EVER = float("inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What the first child found out: what to print, and whether anything is to be listened to."""

    greetings: list[str] = field(default_factory=list)
    listeners: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to start: the functions of the processes, and where the private Redis listens, if there is one.

    `start_over` is asked each second whether everything is to stop and start again, as for a restore.
    """

    parts: dict[str, Callable[[], None]]
    prepare: Callable[[], Prepared]
    redis_socket: Path | None
    start_over: Callable[[], bool] = lambda: False


@dataclass(slots=True)
class Part:
    """A process that is to run, with the child that runs it now."""

    name: str
    run: Callable[[], None]
    backoff: Backoff = field(default_factory=Backoff)
    child: Child | None = None
    start_at: float = 0.0
    is_restarting: bool = False


class Supervisor:
    """Holds no connection and no thread, so it can fork at any time and lives through every outage."""

    def __init__(self, plan: Plan, *, console: Console | None = None, clock: ClockWatch | None = None) -> None:
        self._plan = plan
        self._console = console or Console()
        self._clock = clock or ClockWatch()
        self._clock_looked_at = time.monotonic()
        self._guard = Guard()
        self._watch = Watch(self._console)
        self._parts: dict[str, Part] = {}

    def run(self) -> int:
        """Return 0 after a clean stop on a signal, 1 when the start failed."""
        try:
            prepared = self._start_foundations()
            if prepared is not None:
                self._start_parts(prepared)
                self._keep_alive()
        except CannotStartError as error:
            self.say(str(error))
            return 1
        finally:
            self._stop()
        return 0

    def say(self, text: str) -> None:
        self._console.line("hmm", text)

    # --- start ------------------------------------------------------------------------------------

    def _start_foundations(self) -> Prepared | None:
        """Start Redis, then prepare the database; None when a signal came first."""
        path = self._plan.redis_socket
        if path is not None:
            server = redis.RedisServer(redis.find_redis_server(), path)
            redis.make_socket_folder(path)
            part = self._add("redis", server.run)
            self._start(part)
            self._wait_for_redis(part, path)
        return None if self._watch.stop_asked else self._run_prepare()

    def _wait_for_redis(self, part: Part, path: Path) -> None:
        def settled() -> bool:
            child = part.child
            if child is None or (code := self._watch.ended(child)) is None:
                return redis.answers(path)
            part.child = None
            raise CannotStartError(f"The private Redis ended with {code} at its start; its lines above say why.")

        answered = wait_until(self._watch, settled, seconds=REDIS_STARTS_WITHIN_S, now=time.monotonic)
        if not answered and not self._watch.stop_asked:
            raise CannotStartError(f"The private Redis does not answer on {path}.")

    def _run_prepare(self) -> Prepared | None:
        read_end, write_end = os.pipe()

        def run() -> None:
            found = self._plan.prepare()
            answer = json.dumps({"greetings": found.greetings, "listeners": found.listeners})
            os.write(write_end, answer.encode())

        part = self._add("prepare", run)
        child = self._start(part)
        os.close(write_end)
        codes: list[int] = []

        def is_done() -> bool:
            code = self._watch.ended(child)
            codes.extend([] if code is None else [code])
            return bool(codes)

        done = wait_until(self._watch, is_done, seconds=FOR_EVER, now=time.monotonic)
        with os.fdopen(read_end) as answer:
            if not done:
                return None
            del self._parts[part.name]
            if codes[0]:
                raise CannotStartError("The database could not be prepared; the lines above say why.")
            return Prepared(**json.loads(answer.read()))

    def _start_parts(self, prepared: Prepared) -> None:
        for name, run in self._plan.parts.items():
            if name != "listeners" or prepared.listeners:
                self._start(self._add(name, run))
        for line in prepared.greetings:
            self.say(line)

    def _add(self, name: str, run: Callable[[], None]) -> Part:
        self._parts[name] = Part(name, run)
        return self._parts[name]

    def _start(self, part: Part) -> Child:
        part.child = fork(part.name, part.run, self._guard)
        part.is_restarting = False
        self._watch.add(part.child)
        self.say(f"{part.name} is process {part.child.pid}")
        return part.child

    # --- while it runs ----------------------------------------------------------------------------

    def _keep_alive(self) -> None:
        while not self._watch.stop_asked:
            now = time.monotonic()
            self._watch.wait(min([1.0, *(part.start_at - now for part in self._waiting())]))
            for part in self._parts.values():
                self._look_after(part)
            self._look_at_clock()
            if self._plan.start_over():
                self._start_over()

    def _waiting(self) -> list[Part]:
        return [part for part in self._parts.values() if part.child is None]

    def _look_after(self, part: Part) -> None:
        if part.child is None:
            if time.monotonic() >= part.start_at:
                self._start(part)
            return
        code = self._watch.ended(part.child)
        if code is None:
            return
        lived = time.monotonic() - part.child.started_at
        part.child = None
        delay = 0.0 if part.is_restarting else part.backoff.next_delay(lived_s=lived)
        part.start_at = time.monotonic() + delay
        if not part.is_restarting:
            self.say(f"{part.name} {_ending(code)}; starting it again in {delay:g} s")

    def _look_at_clock(self) -> None:
        if time.monotonic() - self._clock_looked_at < LOOK_AT_CLOCK_EVERY_S:
            return
        self._clock_looked_at = time.monotonic()
        jumped = self._clock.jump()
        beat = self._parts.get("beat")
        if jumped and beat is not None and beat.child is not None:
            self.say(f"The clock jumped by {jumped:+.0f} s; beat starts afresh")
            beat.is_restarting = True
            beat.child.signal(signal.SIGTERM)

    def _start_over(self) -> None:
        """Stop everything, so that nothing but `prepare` has the database open, and start again."""
        self.say("Everything stops and starts again")
        self._end_all()
        prepared = self._start_foundations()
        if prepared is not None:
            self._start_parts(prepared)

    # --- stop -------------------------------------------------------------------------------------

    def _stop(self) -> None:
        self._end_all()
        self._guard.close()
        self.say("Stopped")

    def _end_all(self) -> None:
        """TERM, ten seconds, KILL; Redis last, since the others still talk to it. A second signal hurries."""
        redis_part = self._parts.pop("redis", None)
        self._end(list(self._parts.values()))
        self._end([redis_part] if redis_part is not None else [])
        self._parts.clear()

    def _end(self, parts: list[Part]) -> None:
        children = [part.child for part in parts if part.child is not None]
        for child in children:
            child.signal(signal.SIGTERM)
        deadline = time.monotonic() + GRACE_S
        asked = self._watch.stop_asked
        while children and time.monotonic() < deadline and self._watch.stop_asked <= max(asked, 1):
            self._watch.wait(0.05)
            children = [child for child in children if self._watch.ended(child) is None]
        for child in children:
            self.say(f"{child.name} did not end in time and is killed")
            child.signal(signal.SIGKILL)
            os.waitpid(child.pid, 0)


def _ending(code: int) -> str:
    return f"was ended by signal {-code}" if code < 0 else f"ended with {code}"
