"""Three months of published prices through the production decision, against the rule stated again."""

import csv
import json
import subprocess
import sys
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from strategy.situation_json import answer_all
from tests.captures import ROOT, captures

LIMITS = [Decimal(text) for text in ("0", "5", "10", "20", "30")]
LAYOUTS = {
    "off at the top": ["BTC", "BTC_POOLED", "BCH", "DGB", "DGB", "OFF"],
    "off in the middle": ["BTC", "BTC", "OFF", "DGB", "OFF", "DGB"],
    "off at the cheap end": ["OFF", "BTC", "BCH", "DGB", "DGB", "OFF"],
    "all off": ["OFF"] * 6,
}


@pytest.fixture(scope="module")
def prices():
    path = captures("agile", "agile_J_2023-09-01_2023-11-30.csv")
    with path.open(encoding="utf-8") as file:
        return [(row["valid_from"], Decimal(row["price_pence_inc_vat"])) for row in csv.DictReader(file)]


def situations(prices, targets):
    bands = [
        {"ceiling_p_per_kwh": str(limit) if limit is not None else None, "target": target}
        for limit, target in zip([*LIMITS, None], targets, strict=True)
    ]
    slots = [
        {
            "start": start,
            "end": (datetime.fromisoformat(start) + timedelta(minutes=30)).isoformat(),
            "price_p_per_kwh": str(price),
        }
        for start, price in prices
    ]
    return [
        {
            "now": slot["start"],
            "bands": bands,
            "prices": slots[max(0, place - 1) : place + 2],
            "current_band": "previous",
        }
        for place, slot in enumerate(slots)
    ]


def band_of(price):
    return sum(price >= limit for limit in LIMITS) + 1


def stated_again(now, following, current, targets):
    """Return the band the household's rule asks for; written anew, not shared with the product."""

    def runs(band):
        return targets[band - 1] != "OFF"

    here = band_of(now)
    if not runs(here) or current is None:
        return here
    if runs(current) and here >= current:
        return here
    if following is None or not runs(band_of(following)):
        return current
    target = max(here, band_of(following))
    return current if runs(current) and target >= current else target


@pytest.mark.parametrize("name", sorted(LAYOUTS))
def test_every_slot_follows_the_rule(prices, name):
    targets = LAYOUTS[name]
    answers = answer_all(situations(prices, targets))

    current = None
    for place, ((_start, price), answer) in enumerate(zip(prices, answers, strict=True)):
        following = prices[place + 1][1] if place + 1 < len(prices) else None
        wanted = stated_again(price, following, current, targets)
        assert answer["band"] == wanted, place
        if answer["target"] != "OFF":
            assert targets[band_of(price) - 1] != "OFF"
            assert answer["band"] >= band_of(price)
        current = answer["band"]
    assert answer_all(situations(prices, targets)) == answers


def test_the_command_gives_the_same_answers(prices, tmp_path):
    asked = situations(prices[:500], LAYOUTS["off in the middle"])
    file = tmp_path / "situations.json"
    file.write_text(json.dumps(asked))

    done = subprocess.run(
        [sys.executable, "manage.py", "decide", str(file), "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert json.loads(done.stdout) == answer_all(asked)
