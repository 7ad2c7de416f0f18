"""Solo mining in probabilities: a found block is a matter of chance with no memory. Pure.

One block of difficulty D takes D × 2^32 hashes on average; how long that takes follows the exponential law.
"""

import math
from dataclasses import dataclass

HASHES_PER_DIFFICULTY = 2**32
TERA = 1e12
HOUR_S, DAY_S = 3_600.0, 86_400.0
SPANS_S = {"hour": HOUR_S, "day": DAY_S, "month": 30 * DAY_S, "year": 365 * DAY_S}


@dataclass(frozen=True, slots=True, kw_only=True)
class Odds:
    """The chance of at least one block in each span, 0 to 1, and the wait for one in seconds."""

    chances: dict[str, float]
    mean_s: float
    median_s: float
    nine_in_ten_s: float


def expected_blocks(hashrate_ths: float, difficulty: float, seconds: float) -> float:
    """Return how many blocks are expected, or shares of a difficulty. Raise ValueError for one of nought."""
    if difficulty <= 0:
        raise ValueError("A difficulty is more than nought.")
    return hashrate_ths * TERA * seconds / (difficulty * HASHES_PER_DIFFICULTY)


def chance(hashrate_ths: float, difficulty: float, seconds: float) -> float:
    """Return the chance of at least one block, 0 to 1."""
    return -math.expm1(-expected_blocks(hashrate_ths, difficulty, seconds))


def wait_s(hashrate_ths: float, difficulty: float, share_of_miners: float) -> float:
    """Return after how long this share of all such miners (0 to 1) has found a block."""
    if hashrate_ths <= 0:
        return math.inf
    return -math.log1p(-share_of_miners) / expected_blocks(hashrate_ths, difficulty, 1.0)


def odds(hashrate_ths: float, difficulty: float) -> Odds:
    """Return the chances of a hash rate at a network difficulty."""
    mean = 1 / expected_blocks(hashrate_ths, difficulty, 1.0) if hashrate_ths > 0 else math.inf
    return Odds(
        chances={span: chance(hashrate_ths, difficulty, seconds) for span, seconds in SPANS_S.items()},
        mean_s=mean,
        median_s=wait_s(hashrate_ths, difficulty, 0.5),
        nine_in_ten_s=wait_s(hashrate_ths, difficulty, 0.9),
    )


def luck_of_best_share(best_share: float, work_difficulty: float) -> float:
    """Return how many of a hundred miners with the same work have a smaller best share.

    `work_difficulty` is the sum of the difficulties of all accepted shares: that many hashes over 2^32 were tried.
    """
    if best_share <= 0 or work_difficulty <= 0:
        raise ValueError("A best share and the work for it are more than nought.")
    return 100 * math.exp(-work_difficulty / best_share)


def chance_of_share(best_share: float, work_difficulty: float) -> float:
    """Return the chance, 0 to 1, that this much work brings at least one share as high as this."""
    if best_share <= 0 or work_difficulty <= 0:
        raise ValueError("A best share and the work for it are more than nought.")
    return -math.expm1(-work_difficulty / best_share)


def usual_best_share(work_difficulty: float) -> float:
    """Return the best share half of all miners with the same work exceed."""
    return work_difficulty / math.log(2)


def work_in_difficulty(work_th: float) -> float:
    """Return work, given in TH, as the sum of difficulties it brings on average."""
    return work_th * TERA / HASHES_PER_DIFFICULTY


def coins_per_ths_day(difficulty: float, reward: float, fee: float = 0.0) -> float:
    """Return the coins one TH/s earns in a day on average; `fee` is the pool's part, 0 to 1."""
    return expected_blocks(1.0, difficulty, DAY_S) * reward * (1 - fee)


def break_even_p_per_kwh(coins_a_day: float, price_p: float, efficiency_j_per_th: float) -> float:
    """Return the electricity price below which a miner earns; coins per TH/s and day, pence per coin."""
    return coins_a_day * price_p / (0.024 * efficiency_j_per_th)
