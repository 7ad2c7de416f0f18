"""Act on what persons write or press, once each; strangers are answered politely and nothing happens."""

import logging
from datetime import datetime

from hmm.audit.models import Outcome
from hmm.audit.services import record
from hmm.chat.commands import answer
from notifications.models import Channel, Incident
from notifications.services.incidents import acknowledge, snooze
from notifications.transports.base import Listens, Spoken, TransportError

logger = logging.getLogger(__name__)

STRANGER = "You are not on the list of those who may do that here."
ACTS = {"ack": (acknowledge, "Acknowledged."), "snooze": (snooze, "Snoozed for an hour.")}


def take(channel: Channel, transport: Listens, spoken: Spoken, *, now: datetime) -> bool:
    """Act on one update unless it was acted on before; return whether it was new.

    The claim is one conditional UPDATE: the same update twice, or after a crash, acts once.
    """
    if not Channel.objects.filter(pk=channel.pk, last_update__lt=spoken.update_id).update(
        last_update=spoken.update_id
    ):
        return False
    if not (spoken.text.startswith("/") or spoken.press):
        return True
    allowed = transport.may_speak(spoken)
    if not allowed:
        refuse(channel, spoken, now)
    try:
        if spoken.press:
            words, acted = pressed(channel, spoken, now) if allowed else (STRANGER, False)
            transport.answer_press(spoken, words, acted=acted)
        elif allowed:
            transport.say(answer(spoken.text, actor=actor_of(channel, spoken), now=now))
    except TransportError as error:
        logger.warning("%s could not be answered: %s", channel.name, error)
    return True


def actor_of(channel: Channel, spoken: Spoken) -> str:
    return f"{channel.kind}:{spoken.user_name or spoken.user_id}"[:150]


def pressed(channel: Channel, spoken: Spoken, now: datetime) -> tuple[str, bool]:
    """Return what to say about a button and whether it did something, or had been done."""
    verb, _colon, number = spoken.press.partition(":")
    incident = Incident.objects.filter(pk=int(number)).first() if number.isdecimal() and len(number) < 18 else None
    if verb not in ACTS or incident is None:
        return "This button is out of date.", False
    act, words = ACTS[verb]
    if act(incident, actor=actor_of(channel, spoken), now=now):
        return words, True
    return ("It is over already." if incident.closed_at else "That was done already."), True


def refuse(channel: Channel, spoken: Spoken, now: datetime) -> None:
    record(
        actor=actor_of(channel, spoken),
        action="chat.refused",
        target=channel,
        outcome=Outcome.REFUSED,
        reason=f"The person {spoken.user_id} in the chat {spoken.chat_id} may not."[:200],
        at=now,
    )
