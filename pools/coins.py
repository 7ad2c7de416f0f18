"""The coins HMM mines and the targets a price band may name."""

from django.db import models


class Coin(models.TextChoices):
    """A coin of the SHA-256 family."""

    BTC = "BTC", "Bitcoin"
    BCH = "BCH", "Bitcoin Cash"
    DGB = "DGB", "DigiByte"
    BC2 = "BC2", "Bitcoin II"


class RewardModel(models.TextChoices):
    """Who gets a found block: the finder alone, or all by their work."""

    SOLO = "solo", "Solo"
    POOLED = "pooled", "Pooled"


# A band's target names a coin, and for Bitcoin also how its reward is shared.
TARGETS: dict[str, tuple[Coin, RewardModel]] = {
    "DGB": (Coin.DGB, RewardModel.SOLO),
    "BC2": (Coin.BC2, RewardModel.SOLO),
    "BCH": (Coin.BCH, RewardModel.SOLO),
    "BTC": (Coin.BTC, RewardModel.SOLO),
    "BTC_POOLED": (Coin.BTC, RewardModel.POOLED),
}


def target_label(target: str) -> str:
    """Return a target as people read it: `BTC_POOLED` is "BTC pooled"."""
    return target.replace("_POOLED", " pooled")
