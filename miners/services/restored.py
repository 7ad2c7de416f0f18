"""After a backup was brought back: nothing of then is sent now."""

from datetime import datetime

from miners.models import Command, CommandStatus, PlugCommand
from miners.services import plug_commands, settling

WORDS = "It was under way when the backup was made that was brought back. Nothing of then is sent."


def withdraw_all(*, now: datetime) -> None:
    """End every open command. The strategy looks at once what is wanted now; what a person wanted is asked again."""
    for command in Command.objects.open():
        settling.close(command, CommandStatus.CANCELLED, now=now, message=WORDS)
    for switching in PlugCommand.objects.open():
        plug_commands.close(switching, CommandStatus.CANCELLED, now=now, message=WORDS)
