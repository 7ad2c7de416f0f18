"""Keep wallets out of what is logged of a pool: enough is left to recognise one's own."""

from collections.abc import Mapping
from typing import Any

SHOWN = 4  # characters at either end
USERS = {"user", "PrimaryAddress", "SecondaryAddress"}


def masked_user(user: str) -> str:
    """Return a pool's user with its wallet cut to both ends and its worker whole: "bc1q…7xyz.study".

    What is as short as the two ends is the name of an account and no wallet.
    """
    wallet, dot, worker = user.partition(".")
    if len(wallet) > 2 * SHOWN:
        wallet = f"{wallet[:SHOWN]}…{wallet[-SHOWN:]}"
    return f"{wallet}{dot}{worker}"


def masked(value: Any) -> Any:
    """Return a value for the audit log, with every wallet in it cut to its ends."""
    if not isinstance(value, Mapping):
        return value
    return {
        name: masked_user(item) if name in USERS and isinstance(item, str) else masked(item)
        for name, item in value.items()
    }
