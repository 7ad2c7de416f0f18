"""Which family the farm makes how; a family is added by one line."""

from hmm.demo.makers import avalon_nano, bitaxe, nerdqaxe, nmminer
from hmm.demo.makers.base import Maker

MAKERS: dict[str, Maker] = {
    "avalon_nano": avalon_nano.MAKER,
    "bitaxe": bitaxe.MAKER,
    "nerdqaxe": nerdqaxe.MAKER,
    "nmminer": nmminer.MAKER,
}
