"""E-mail through somebody's SMTP server."""

import smtplib
import socket
from typing import Any, ClassVar

from hmm.net import DeadlineSocket, tls_context
from notifications.transports.base import (
    Message,
    MessageRefusedError,
    PermanentError,
    Setting,
    TryLaterError,
    UnansweredError,
)
from notifications.transports.email import wire
from notifications.transports.opener import connect, reason_of

TOTAL_S = 20.0
PORTS = {"starttls": 587, "tls": 465, "none": 25}


class GuardedSmtp(smtplib.SMTP):
    """A client whose line is checked and whose waits end at one deadline."""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        del timeout
        line: DeadlineSocket = connect(host, port, trusted=False, total_s=TOTAL_S)
        line.settimeout(TOTAL_S)
        return line


class GuardedSmtpTls(GuardedSmtp):
    """The same, in TLS from the first byte."""

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return tls_context().wrap_socket(super()._get_socket(host, port, timeout), server_hostname=host)


class Email:
    """One receiver."""

    kind: ClassVar[str] = "email"
    label: ClassVar[str] = "E-mail"
    steps: ClassVar[tuple[str, ...]] = (
        "Look up the outgoing (SMTP) server of your mail provider, its port and whether it wants STARTTLS or TLS.",
        "Many providers want an app password instead of your own.",
    )
    settings: ClassVar[tuple[Setting, ...]] = (
        Setting(name="host", label="SMTP server", help="Such as smtp.example.org; with a port if it is unusual."),
        Setting(
            name="security",
            label="Encryption",
            default="starttls",
            choices=(("starttls", "STARTTLS (587)"), ("tls", "TLS (465)"), ("none", "None, in the house only (25)")),
        ),
        Setting(name="user", label="User", required=False),
        Setting(name="password", label="Password", secret=True, required=False),
        Setting(name="sender", label="From"),
        Setting(name="receiver", label="To"),
    )

    def __init__(self, config: dict[str, Any]) -> None:
        self._config = config
        self._security = str(config.get("security", "starttls"))

    @staticmethod
    def check(config: dict[str, Any]) -> dict[str, str]:
        wrong = {}
        host, _colon, port = str(config.get("host", "")).strip().partition(":")
        if not host or not host.isascii() or " " in host or (port and not port.isdecimal()):
            wrong["host"] = "Write a server such as smtp.example.org, or smtp.example.org:2525."
        if config.get("security") not in PORTS:
            wrong["security"] = "Choose one of them."
        for name in ("sender", "receiver"):
            if not wire.ADDRESS.fullmatch(str(config.get(name, ""))):
                wrong[name] = "Write one address such as me@example.org."
        return wrong

    def send(self, message: Message) -> str:
        host, _colon, port = str(self._config["host"]).strip().partition(":")
        mail = wire.mail_of(message, str(self._config["sender"]), str(self._config["receiver"]))
        handed_over = False
        try:
            kind = GuardedSmtpTls if self._security == "tls" else GuardedSmtp
            with kind(host, int(port or PORTS[self._security]), timeout=TOTAL_S) as server:
                if self._security == "starttls":
                    server.starttls(context=tls_context())
                if self._config.get("user"):
                    server.login(str(self._config["user"]), str(self._config.get("password", "")))
                handed_over = True
                server.send_message(mail)
                handed_over = False
        except smtplib.SMTPAuthenticationError as error:
            raise PermanentError(f"The mail server refuses user or password ({error.smtp_code}).") from error
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPNotSupportedError) as error:
            raise PermanentError("The mail server refuses sender or receiver, or has no such encryption.") from error
        except smtplib.SMTPResponseException as error:
            words = f"The mail server answered {error.smtp_code}."
            raise TryLaterError(words) if error.smtp_code < 500 else MessageRefusedError(words) from error
        except (OSError, smtplib.SMTPException) as error:
            if handed_over:
                raise UnansweredError("The mail server went quiet; the mail may have arrived.") from error
            raise TryLaterError(f"The mail server cannot be reached: {reason_of(error)}.") from error
        return str(mail["Message-ID"])[:120]
