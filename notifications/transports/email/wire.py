"""E-mail: one message with a plain and an HTML part. Pure."""

import re
from email.message import EmailMessage
from email.utils import format_datetime

from notifications.markup import html_of, plain_of, printable
from notifications.transports.base import Message

ADDRESS = re.compile(r"[^\s@<>,;\"()\\]{1,64}@[A-Za-z0-9.-]{1,200}", re.ASCII)


def mail_of(message: Message, sender: str, receiver: str) -> EmailMessage:
    """Return the mail. Its id is fixed, so that a repeat is recognised; a name cannot add a header."""
    mail = EmailMessage()
    mail["From"], mail["To"] = sender, receiver
    mail["Subject"] = " ".join(printable(f"[{message.severity}] {message.title}").split())[:180]
    mail["Date"] = format_datetime(message.occurred_at)
    mail["Message-ID"] = f"<{message.key}@{sender.partition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(f"{plain_of(message.spans)}\n\n{message.link}".strip() + "\n")
    link = f'<p><a href="{message.link}">Open</a></p>' if message.link.startswith(("http://", "https://")) else ""
    mail.add_alternative(f"<html><body><p>{html_of(message.spans, '<br>')}</p>{link}</body></html>", subtype="html")
    return mail
