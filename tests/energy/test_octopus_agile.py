import itertools
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
import requests

from energy.models import SettlementPeriod, Tariff
from energy.services.prices import known_until, last_price_at, next_after, periods_between, price_at, store_prices
from energy.services.refresh import (
    choose_tariff,
    claim_refresh,
    fetch_state,
    next_due,
    next_publication,
    refresh_prices,
    watch_prices,
)
from energy.tariffs.base import ConfigError, DataError, Slot, TemporaryError
from energy.tariffs.octopus_agile.simulator import PriceSimulator
from energy.tariffs.octopus_agile.tariff import OctopusAgile
from hmm.simulation.server import Reply
from notifications.models import Incident

CONFIG = {"region": "J"}
HALF_HOUR = timedelta(minutes=30)
UK = ZoneInfo("Europe/London")


def fetch(feed, start, end):
    return OctopusAgile().fetch(CONFIG, start, end)


def test_slots_come_sorted_without_gaps_over_several_pages(feed):
    start = feed.now() - timedelta(days=70)

    result = fetch(feed, start, feed.now())

    assert len(result.slots) >= 70 * 48
    assert all(a.ends_at == b.starts_at for a, b in zip(result.slots, result.slots[1:], strict=False))
    assert result.config["product"] == "AGILE-24-10-01"


@pytest.mark.parametrize(("day", "slots"), [((2026, 3, 29), 46), ((2026, 10, 25), 50), ((2026, 6, 1), 48)])
def test_a_local_day_has_46_48_or_50_slots(day, slots):
    uk = ZoneInfo("Europe/London")
    start = datetime(*day, tzinfo=uk)
    end = datetime(*(start + timedelta(days=1)).timetuple()[:3], tzinfo=uk)
    moment = datetime(2026, 11, 1, tzinfo=UTC)
    with PriceSimulator(now=lambda: moment) as feed:
        result = OctopusAgile(feed.base_url).fetch(CONFIG, start.astimezone(UTC), end.astimezone(UTC))

    assert len(result.slots) == slots


def test_prices_look_like_the_published_ones(feed):
    result = fetch(feed, feed.now() - timedelta(days=60), feed.now())
    prices = [slot.price_p_per_kwh for slot in result.slots]

    assert min(prices) < 0 < max(prices) <= 100
    assert any(price == 0 for price in prices)
    assert 8 < sum(prices) / len(prices) < 30


def ask(feed, path):
    answer = requests.get(feed.base_url + path, timeout=5)
    return answer.status_code, answer.json()


def test_the_simulator_shows_a_product_with_its_fourteen_regions(feed):
    status, product = ask(feed, f"products/{feed.product}/")

    regions = product["single_register_electricity_tariffs"]
    assert (status, len(regions)) == (200, 14)
    assert regions["_H"]["direct_debit_monthly"]["code"] == f"E-1R-{feed.product}-H"


RATES = "products/AGILE-24-10-01/electricity-tariffs/E-1R-AGILE-24-10-01-J/standard-unit-rates/"


@pytest.mark.parametrize(
    ("path", "status", "field"),
    [
        ("products/AGILE-NONE/", 404, "detail"),
        (RATES.replace("-J", "-I"), 404, "detail"),
        (RATES + "?period_to=2026-07-14T12:00Z", 400, "period_from"),
        (RATES + "?period_from=2026-07-14T12:00+01:00", 400, "period_from"),  # the plus arrives as a space
        (RATES + "?period_from=nonsense", 400, "period_from"),
    ],
)
def test_the_simulator_refuses_as_the_real_one_does(feed, path, status, field):
    answer = ask(feed, path)

    assert answer[0] == status
    assert field in answer[1]


def test_the_simulator_pages_newest_first_and_reads_a_naive_time_as_the_uk_clock(feed):
    _status, first = ask(feed, RATES + "?period_from=2026-07-01T00:00Z&period_to=2026-07-10T00:00Z")
    _status, summer = ask(feed, RATES + "?period_from=2026-07-14T12:00&period_to=2026-07-14T12:30")

    starts = [row["valid_from"] for row in first["results"]]
    assert (first["count"], len(starts)) == (9 * 48, 100)
    assert starts == sorted(starts, reverse=True)
    assert "page=2" in first["next"]
    assert [row["valid_from"] for row in summer["results"]] == ["2026-07-14T11:00:00Z"]


def test_a_day_passes_in_as_many_minutes_as_wanted_after_half_hours_of_history():
    turn = datetime(2026, 7, 14, 12, 10, tzinfo=UTC)
    now = turn + timedelta(minutes=5)
    minute = timedelta(minutes=1)
    with PriceSimulator(slot_length=minute, turns_short_at=turn, ahead=96, now=lambda: now) as feed:
        slots = OctopusAgile(feed.base_url).fetch(CONFIG, turn - timedelta(hours=1), turn + timedelta(days=1)).slots

    lengths = [(slot.ends_at - slot.starts_at) for slot in slots]
    assert lengths[:2] == [HALF_HOUR, HALF_HOUR]
    assert lengths[2] == timedelta(minutes=10)
    assert set(lengths[3:]) == {minute}
    assert all(a.ends_at == b.starts_at for a, b in itertools.pairwise(slots))
    assert slots[-1].ends_at == now + 97 * minute


def test_the_day_after_is_published_at_four_on_the_uk_clock_or_late():
    at = [datetime(2026, 7, 14, 15, 59, tzinfo=UK)]
    with PriceSimulator(now=lambda: at[0]) as feed:
        before = feed.published_until()
        at[0] = datetime(2026, 7, 14, 16, 1, tzinfo=UK)
        after = feed.published_until()
        feed.obey({"late_minutes": 240})
        late = feed.published_until()

    assert before == late == datetime(2026, 7, 14, 23, tzinfo=UK)
    assert after == datetime(2026, 7, 15, 23, tzinfo=UK)


def test_orders_come_in_by_the_control_door(feed):
    now = feed.now()
    requests.post(feed.control_url, json={"prices_from_now": {"0": 0, "1": "-5.5", "2": None}}, timeout=5)

    slots = fetch(feed, now, now + timedelta(hours=2)).slots

    assert [slot.price_p_per_kwh for slot in slots[:2]] == [0, Decimal("-5.5")]
    assert slots[2].starts_at > slots[1].ends_at


def test_the_same_seed_makes_the_same_prices(feed):
    moment = feed.now().replace(minute=0, second=0, microsecond=0)
    with PriceSimulator() as other:
        mine = feed.book.slots(moment, moment + timedelta(days=1), "J")
        assert mine == other.book.slots(moment, moment + timedelta(days=1), "J")


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("html", DataError),
        ("empty", DataError),
        ("truncate", TemporaryError),
        ("vanish", TemporaryError),
        ("redirect", DataError),
    ],
)
def test_every_failure_is_one_of_three_kinds(feed, fault, error):
    feed.set_fault(fault)

    with pytest.raises(error):
        fetch(feed, feed.now(), feed.now() + timedelta(hours=1))


@pytest.mark.parametrize(("status", "error"), [(500, TemporaryError), (429, TemporaryError), (400, DataError)])
def test_every_status_means_something(feed, status, error):
    feed.refuse_with = status
    feed.set_fault("refuse")

    with pytest.raises(error):
        fetch(feed, feed.now(), feed.now() + timedelta(hours=1))


@pytest.mark.parametrize("fault", ["stall", "trickle"])
def test_the_whole_answer_has_one_deadline(feed, fault):
    feed.set_fault(fault)
    began = time.monotonic()

    with pytest.raises(TemporaryError, match=r"longer than 0\.5 s"):
        OctopusAgile(total_s=0.5).fetch(CONFIG, feed.now(), feed.now() + HALF_HOUR)

    assert time.monotonic() - began < 3


def test_another_server_is_never_asked(feed):
    class Elsewhere(PriceSimulator):
        def respond(self, method, path, body, headers):
            following = f"{feed.url}{path}"
            return Reply(200, {"count": 2, "next": following, "previous": None, "results": []})

    with Elsewhere() as elsewhere, pytest.raises(DataError, match="another server"):
        OctopusAgile(elsewhere.base_url).fetch(CONFIG, feed.now(), feed.now() + HALF_HOUR)

    assert not feed.requests


def test_pages_that_never_end_are_left(feed):
    class Endless(PriceSimulator):
        def respond(self, method, path, body, headers):
            return Reply(200, {"count": 2, "next": f"{self.url}{path}", "previous": None, "results": []})

    with Endless() as endless, pytest.raises(DataError, match="more than"):
        OctopusAgile(endless.base_url).discover()

    assert len(endless.requests) <= 61


def test_a_source_that_asks_for_patience_is_heard(feed):
    class Busy(PriceSimulator):
        def respond(self, method, path, body, headers):
            return Reply(429, {"detail": "Slow down."}, headers={"Retry-After": "600"})

    with Busy() as busy, pytest.raises(TemporaryError) as caught:
        OctopusAgile(busy.base_url).discover()

    assert caught.value.retry_after_s == 600


def test_a_withdrawn_product_is_looked_for_again(feed):
    result = OctopusAgile().fetch({"region": "J", "product": "AGILE-GONE-1"}, feed.now(), feed.now() + HALF_HOUR)

    assert result.config["product"] == feed.product
    assert result.warnings


def test_an_unknown_region_is_the_persons_to_mend():
    with pytest.raises(ConfigError, match="fourteen"):
        OctopusAgile().fetch({"region": "I"}, datetime.now(tz=UTC), datetime.now(tz=UTC))


@pytest.mark.parametrize(("postcode", "regions"), [("sw1a 1aa", ["C"]), ("nonsense", []), ("HR5 3LR", ["E", "K"])])
def test_a_postcode_has_none_one_or_two_regions(feed, postcode, regions):
    assert OctopusAgile().regions_for(postcode) == regions


@pytest.mark.django_db
class TestStored:
    def tariff(self, now):
        return choose_tariff(kind="octopus_agile", config=CONFIG, name="Agile J", actor="keeper", now=now)

    def test_a_refresh_stores_exactly_and_again_changes_nothing(self, feed):
        now = feed.now()
        tariff = self.tariff(now)

        first = refresh_prices(tariff, now=now)
        second = refresh_prices(Tariff.objects.get(), now=now)

        assert first.added > 96
        assert (second.added, second.changed, second.same) == (0, 0, first.added)
        stored = price_at(now)
        assert stored.price_p_per_kwh == feed.book.price(stored.starts_at, "J")[1]
        assert known_until(now) == feed.published_until()
        assert next_after(stored).starts_at == stored.ends_at

    def test_a_corrected_price_is_replaced_and_audited(self, feed):
        now = feed.now()
        tariff = self.tariff(now)
        refresh_prices(tariff, now=now)

        feed.set_price(0, "-3.5")
        stored = refresh_prices(Tariff.objects.get(), now=now)

        assert stored.changed == 1
        assert price_at(now).price_p_per_kwh == Decimal("-3.5")

    def test_late_prices_open_one_incident_that_closes_by_itself(self, feed):
        now = feed.now()
        tariff = self.tariff(now)
        feed.set_price(0, None)
        refresh_prices(tariff, now=now)
        assert Incident.objects.open().filter(kind="prices_missing").count() == 1

        feed.set_price(0, "12")
        refresh_prices(Tariff.objects.get(), now=now)
        assert not Incident.objects.open().exists()

    def test_a_product_that_publishes_no_more_is_a_fault(self, feed):
        now = feed.now()
        tariff = self.tariff(now)
        feed.retired = True

        refresh_prices(tariff, now=now)

        stored = Tariff.objects.get()
        assert "no price for now" in stored.last_error
        assert stored.region == "J"
        assert "product" not in stored.config

    def test_a_gap_ends_what_is_known(self, feed):
        now = feed.now()
        tariff = self.tariff(now)
        start = feed.book.slot_at(now)[0]
        slots = [
            Slot(
                starts_at=start + place * HALF_HOUR,
                ends_at=start + (place + 1) * HALF_HOUR,
                price_p_per_kwh=Decimal(9),
            )
            for place in (-3, 0, 1, 3)
        ]
        store_prices(tariff, slots, now=now)

        assert known_until(now) == start + 2 * HALF_HOUR
        assert last_price_at(now) == start - 2 * HALF_HOUR
        assert len(periods_between(start, start + 4 * HALF_HOUR)) == 3

    def test_only_one_asks_the_supplier(self, feed):
        now = feed.now()
        self.tariff(now)

        assert claim_refresh(now=now) is not None
        assert claim_refresh(now=now) is None
        assert claim_refresh(now=now - timedelta(days=1)) is not None, "the clock was set back"

    def test_little_known_is_asked_for_soon_and_much_later(self, feed):
        noon = feed.now().replace(hour=12, minute=0, second=0, microsecond=0)
        tariff = self.tariff(noon)

        def stored(count):
            SettlementPeriod.objects.all().delete()
            slots = [
                Slot(starts_at=noon + n * HALF_HOUR, ends_at=noon + (n + 1) * HALF_HOUR, price_p_per_kwh=Decimal(9))
                for n in range(count)
            ]
            store_prices(tariff, slots, now=noon)
            return next_due(noon, jitter_s=0)

        assert stored(11) == noon + timedelta(minutes=5)
        assert stored(48) > noon + timedelta(hours=3)

    def known(self, now, *hours):
        """Store half hours from `now` on, as many hours of them as given, with a gap of an hour between parts."""
        tariff, slots, at = self.tariff(now), [], now
        for part in hours:
            for _slot in range(int(part * 2)):
                slots.append(Slot(starts_at=at, ends_at=at + HALF_HOUR, price_p_per_kwh=Decimal(9)))
                at += HALF_HOUR
            at += 2 * HALF_HOUR
        store_prices(tariff, slots, now=now)

    @pytest.mark.parametrize("month", [1, 7])
    def test_publication_is_not_slept_through(self, feed, month):
        lunch = datetime(2026, month, 14, 13, tzinfo=UK).astimezone(UTC)
        self.known(lunch, 10)  # until 23:00, as on every day before publication

        assert next_due(lunch, jitter_s=0) == datetime(2026, month, 14, 16, tzinfo=UK)

    @pytest.mark.parametrize(("hour", "minutes"), [(15, 60), (16, 5), (20, 5)])
    def test_after_four_it_asks_densely_until_tomorrow_is_complete(self, feed, hour, minutes):
        now = datetime(2026, 7, 14, hour, tzinfo=UK).astimezone(UTC)
        self.known(now, 23 - hour)
        assert next_due(now, jitter_s=0) - now <= timedelta(minutes=minutes)

        self.known(now, 47 - hour)
        if hour >= 16:
            assert next_due(now, jitter_s=0) - now > timedelta(hours=3)

    @pytest.mark.parametrize("day", [datetime(2026, 3, 28, 17, tzinfo=UK), datetime(2026, 10, 24, 17, tzinfo=UK)])
    def test_four_o_clock_is_the_clock_on_the_wall(self, day):
        following = next_publication(day.astimezone(UTC)).astimezone(UK)

        assert (following.day, following.hour, following.minute) == (day.day + 1, 16, 0)

    def test_few_slots_ahead_open_a_warning_that_closes_by_itself(self, feed):
        now = datetime(2026, 7, 14, 21, 30, tzinfo=UK).astimezone(UTC)
        self.known(now, 1.5)
        watch_prices(now=now)
        assert [row.kind for row in Incident.objects.open()] == ["prices_late"]

        self.known(now, 26)
        watch_prices(now=now)
        assert not Incident.objects.open().exists()

    def test_gaps_are_counted_and_told(self, feed):
        now = datetime(2026, 7, 14, 12, tzinfo=UTC)
        self.known(now, 3, 2, 4)

        state = fetch_state(now)

        assert state.gaps == 2
        assert state.known_until == now + timedelta(hours=3)
        assert state.sentence.startswith("2 gaps")

    @pytest.mark.parametrize("price", ["NaN", "1e40", "-Infinity"])
    def test_one_price_that_cannot_be_kept_keeps_all_out(self, feed, price):
        now = datetime(2026, 7, 14, 12, tzinfo=UTC)
        slots = [
            Slot(starts_at=now, ends_at=now + HALF_HOUR, price_p_per_kwh=Decimal(5)),
            Slot(starts_at=now + HALF_HOUR, ends_at=now + 2 * HALF_HOUR, price_p_per_kwh=Decimal(price)),
        ]

        with pytest.raises(DataError, match="2026-07-14T12:30"):
            store_prices(self.tariff(now), slots, now=now)

        assert not SettlementPeriod.objects.exists()

    def test_more_decimals_than_are_kept_are_no_change(self, feed):
        now = datetime(2026, 7, 14, 12, tzinfo=UTC)
        slot = Slot(starts_at=now, ends_at=now + HALF_HOUR, price_p_per_kwh=Decimal("5.12345678"))
        tariff = self.tariff(now)

        assert store_prices(tariff, [slot], now=now).added == 1
        assert store_prices(tariff, [slot], now=now).same == 1

    def test_a_fetch_that_fails_is_noted_with_the_next_try(self, feed):
        now = feed.now()
        tariff = self.tariff(now)
        feed.set_fault("html")

        with pytest.raises(DataError):
            refresh_prices(tariff, now=now)

        tariff.refresh_from_db()
        assert (tariff.failures, tariff.fetch_due_at) == (1, now + timedelta(minutes=1))
        assert "no JSON" in fetch_state(now).sentence

    def test_the_region_may_change_and_keeps_the_old_prices(self, feed):
        now = feed.now()
        refresh_prices(self.tariff(now), now=now)
        other = choose_tariff(kind="octopus_agile", config={"region": "C"}, name="Agile C", actor="keeper", now=now)

        assert price_at(now) is None
        assert SettlementPeriod.objects.exclude(tariff=other).exists()
