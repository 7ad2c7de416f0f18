"""What a transport promises: it says what it needs, and sends one message. It neither waits nor tries again."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Protocol, runtime_checkable

from notifications.markup import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message as every transport reads it; each renders it in its own way."""

    key: str
    event: str
    severity: str
    title: str
    spans: tuple[Span, ...]
    subject: str = ""
    occurred_at: datetime
    link: str = ""
    incident_id: int | None = None  # of an open incident: it may be acknowledged
    is_close: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One thing a channel of this kind has to be told. A secret is never shown again."""

    name: str
    label: str
    help: str = ""
    secret: bool = False
    required: bool = True
    default: str = ""
    choices: tuple[tuple[str, str], ...] = ()


class TransportError(Exception):
    """A message did not go out; the sentence is for people and holds no secret."""


class TryLaterError(TransportError):
    """The service was not reached, or asks for a pause of `after_s` seconds."""

    def __init__(self, words: str, *, after_s: float | None = None) -> None:
        super().__init__(words)
        self.after_s = after_s


class UnansweredError(TransportError):
    """The message had left when the line went quiet: it may have arrived."""


class PermanentError(TransportError):
    """The service refuses for good until somebody changes the channel."""


class MessageRefusedError(TransportError):
    """The service refuses this message; the next one may go."""


class Transport(Protocol):
    """One way to send."""

    kind: ClassVar[str]
    label: ClassVar[str]
    steps: ClassVar[tuple[str, ...]]
    settings: ClassVar[tuple[Setting, ...]]

    def __init__(self, config: dict[str, Any]) -> None: ...

    @staticmethod
    def check(config: dict[str, Any]) -> dict[str, str]:
        """Return what is wrong with the settings, by name."""
        ...

    def send(self, message: Message) -> str:
        """Send it and return the service's id of it, or its answer. Raise TransportError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """What a person wrote or pressed in a chat."""

    update_id: int
    user_id: str
    user_name: str
    chat_id: str
    text: str = ""
    press: str = ""
    press_id: str = ""
    message_id: int | None = None
    pressed_text: str = ""


@runtime_checkable
class Listens(Protocol):
    """A transport that persons can answer through."""

    def updates(self, after: int, *, wait_s: int) -> list[Spoken]: ...

    def may_speak(self, spoken: Spoken) -> bool: ...

    def say(self, text: str) -> None: ...

    def answer_press(self, spoken: Spoken, text: str, *, acted: bool) -> None: ...
