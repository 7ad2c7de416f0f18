"""One-time codes of a device's lock (RFC 6238: six digits, thirty seconds, SHA-1). Pure."""

import base64
import binascii
import hashlib
import hmac
import re
from urllib.parse import parse_qs, urlsplit

DIGITS, STEP_S = 6, 30
SECRET_MIN_BYTES, SECRET_MAX_BYTES = 10, 128


def code_at(secret: str, unix_s: float) -> str:
    """Return the code of a secret at an instant."""
    counter = int(unix_s // STEP_S).to_bytes(8, "big")
    digest = hmac.new(key_of(secret), counter, hashlib.sha1).digest()
    offset = digest[-1] & 15
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}d}"


def key_of(secret: str) -> bytes:
    return base64.b32decode(secret + "=" * (-len(secret) % 8))


def clean_secret(typed: str) -> str:
    """Return a secret as it is kept: from base 32 with spaces, or from an otpauth:// address.

    Raise ValueError with the remedy; the sentence never repeats what was typed.
    """
    text = typed.strip()
    if text.lower().startswith("otpauth://"):
        text = parse_qs(urlsplit(text).query).get("secret", [""])[0]
    plain = re.sub(r"[\s=-]", "", text).upper()
    try:
        size = len(key_of(plain))
    except (binascii.Error, ValueError):
        size = 0
    if not SECRET_MIN_BYTES <= size <= SECRET_MAX_BYTES:
        raise ValueError(
            "This is no secret of one-time codes. Copy the letters A to Z and digits 2 to 7 shown beside the QR code."
        )
    return plain


def clean_code(typed: str) -> str:
    """Return six digits, or nothing for an empty text. Raise ValueError with the remedy for anything else."""
    plain = re.sub(r"\s", "", typed)
    if plain and not re.fullmatch(r"[0-9]{6}", plain):
        raise ValueError("A one-time code is six digits. Type the one your app shows now.")
    return plain
