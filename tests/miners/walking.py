"""Let time pass for miners: what worker and beat do, second by second, with time handed in."""

from datetime import timedelta

from miners.models import Command, Miner
from miners.services.commands import take_command_step
from miners.services.polling import claim_due_polls, due_commands, poll


class Walk:
    """A clock that a test moves; devices built with `walk.clock` age with it."""

    def __init__(self, now):
        self.start = self.now = now

    def clock(self):
        return 100_000 + (self.now - self.start).total_seconds()

    def tasks(self):
        for pk in due_commands(now=self.now):
            take_command_step(pk, now=self.now)
        for pk in claim_due_polls(now=self.now):
            poll(pk, now=self.now)

    def seconds(self, count, *, until_settled=False, step=1):
        for _moment in range(0, count, step):
            self.tasks()
            if until_settled and not Command.objects.open().exists():
                return
            self.now += timedelta(seconds=step)

    def settle(self, count=300, step=1):
        self.seconds(count, until_settled=True, step=step)

    def read(self, miner):
        """Poll at once, whatever is due."""
        self.now += timedelta(seconds=1)
        return poll(miner.pk, now=self.now)

    def fresh(self, miner):
        return Miner.objects.get(pk=miner.pk)
