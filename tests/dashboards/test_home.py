"""Home: the choice of tiles follows what a device can, not its name."""

import pytest
from django.urls import reverse

from hmm.clock import now as read_clock
from hmm.dashboards.hero import verdict
from miners.contexts import tiles
from miners.models import Miner, MinerTarget, PowerMeter, PowerSwitch
from notifications.models import Severity
from notifications.services import open_incident
from strategy.core import Band, OverrideKind
from strategy.services.planning import PlanSegment

pytestmark = pytest.mark.django_db


def shown(client, **query):
    answer = client.get(reverse("home"), query)
    return [tile.name for tile in answer.context["tiles"]], [choice.label for choice in answer.context["choices"]]


@pytest.fixture
def lottery(db):
    return Miner.objects.create(
        name="Desk", kind="nmminer", host="192.168.7.9", port=80, trust="full", poll_due_at=read_clock()
    )


def test_a_house_with_one_sort_of_miner_is_offered_no_choice(keeper, miner):
    assert shown(keeper) == (["Attic"], [])


def test_a_house_with_both_sorts_may_look_at_one(keeper, miner, lottery):
    assert shown(keeper) == (["Attic", "Desk"], ["All", "ASIC", "Lottery"])
    assert shown(keeper, show="asic")[0] == ["Attic"]
    assert shown(keeper, show="lottery")[0] == ["Desk"]
    assert shown(keeper, show="\0nonsense")[0] == ["Attic", "Desk"]


def test_the_tiles_that_fetch_themselves_again_keep_the_choice(keeper, miner, lottery):
    page = keeper.get(reverse("home"), {"show": "lottery"}).content.decode()
    again = keeper.get(reverse("home-tiles"), {"show": "lottery"}, headers={"HX-Request": "true"})

    assert f"{reverse('home-tiles')}?show=lottery" in page
    assert [tile.name for tile in again.context["tiles"]] == ["Desk"]


def test_a_tile_asks_nothing_beyond_what_it_was_loaded_with(miner, django_assert_num_queries):
    plug = PowerSwitch.objects.create(entity="switch.attic", name="Plug", state="off", state_since=read_clock())
    PowerMeter.objects.create(entity="sensor.attic", name="Meter", switch=plug, power_w=2)
    PowerMeter.objects.create(entity="sensor.desk", name="Meter", miner=miner, power_w=3)
    MinerTarget.objects.create(miner=miner, why="band 3", decided_at=read_clock(), changed_at=read_clock())
    Miner.objects.update(plug=plug)

    with django_assert_num_queries(1):
        tile = tiles(read_clock())[0]

    assert (tile.state, tile.power_w) == ("off", 3)


def incident(subject):
    return open_incident(
        kind="trouble", subject=subject, label="It", severity=Severity.WARNING, title="is down", now=read_clock()
    )


@pytest.mark.parametrize(
    ("subject", "page"),
    [
        ("miner:7", "/miners/7/"),
        ("plug:3", "/settings/home-assistant/#plug-3"),
        ("home_assistant", "/settings/home-assistant/"),
        ("pool:2", "/pools/#pool-2"),
        ("channel:4", "/settings/notifications/"),
        ("prices", "/energy/"),
        ("strategy", "/strategy/"),
        ("miner:x", "/activity/"),
        ("new_thing", "/activity/"),
    ],
)
def test_a_problem_leads_to_where_it_is_mended(keeper, subject, page):
    incident(subject)

    assert [problem.url for problem in keeper.get(reverse("home")).context["problems"]] == [page]


STANDARD = {"bitaxe": "standard", "avalon_nano": "med"}
MOSTLY_ECO = {"avalon_nano": "low", "bitaxe": "eco", "nerdqaxe": "eco"}


@pytest.mark.parametrize(
    ("kind", "label", "target", "modes", "override", "words"),
    [
        ("run", "BCH", "BCH", STANDARD, "auto", "Mining BCH · standard."),
        ("run", "BCH", "BCH", {"bitaxe": "managed_externally"}, "auto", "Mining BCH."),
        (
            "run",
            "BCH",
            "BCH",
            {"avalon_nano": "low", "bitaxe": "eco", "nerdqaxe": "eco"},
            "auto",
            "Mining BCH · eco.",
        ),
        ("run", "Keep", "KEEP", STANDARD, "auto", "Mining at each miner's own pool · standard."),
        ("champion", "Champion", "DGB", STANDARD, "auto", "The champion mines DGB alone."),
        ("off", "Off", "OFF", {}, "auto", "Off at this price."),
        ("off", "Off", "OFF", {}, "off", "Off, whatever the price."),
        ("off", "Hold", "BCH", STANDARD, "auto", "Everything stays as it is."),
    ],
)
def test_the_head_says_what_runs_and_how(kind, label, target, modes, override, words):
    band = Band(position=3, ceiling_p_per_kwh=None, target=target, modes=modes)
    now = read_clock()
    segment = PlanSegment(starts_at=now, ends_at=now, label=label, kind=kind, band_position=3)

    said = verdict(segment, [band], OverrideKind(override))

    assert f"{said.before}{said.what}{said.after}" == words
