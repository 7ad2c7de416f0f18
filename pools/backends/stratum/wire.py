"""Stratum v1, as much as a look at a pool takes. Pure."""

import json
from typing import Any

SUBSCRIBE_ID = 1


def subscribe() -> bytes:
    return json.dumps({"id": SUBSCRIBE_ID, "method": "mining.subscribe", "params": ["hmm-probe"]}).encode() + b"\n"


def is_welcome(line: bytes) -> bool | None:
    """Tell whether a line accepts our subscription; None for a line that is not the answer to it."""
    try:
        message: Any = json.loads(line)
    except (ValueError, RecursionError):
        return False
    if not isinstance(message, dict):
        return False
    if message.get("method") is not None or message.get("id") != SUBSCRIBE_ID:
        return None
    result = message.get("result")
    return not message.get("error") and isinstance(result, list) and len(result) >= 2
