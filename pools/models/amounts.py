"""Amounts of coins, exact on both databases."""

from hmm.fields import ScaledIntegerField


class CoinAmountField(ScaledIntegerField):
    """Coins, exact to a thousand-millionth."""

    places = 9
    unit = "coins"
