from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from energy.models import SettlementPeriod, Tariff
from energy.services.prices import known_until, last_price_at, next_after, periods_between, price_at, store_prices
from energy.services.refresh import choose_tariff, claim_refresh, next_due, refresh_prices
from energy.tariffs.base import ConfigError, DataError, Slot, TemporaryError
from energy.tariffs.octopus_agile.simulator import PriceSimulator
from energy.tariffs.octopus_agile.tariff import OctopusAgile
from notifications.models import Incident

CONFIG = {"region": "J"}
HALF_HOUR = timedelta(minutes=30)


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
        ("truncate", (TemporaryError, DataError)),
        ("vanish", TemporaryError),
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

    def test_the_region_may_change_and_keeps_the_old_prices(self, feed):
        now = feed.now()
        refresh_prices(self.tariff(now), now=now)
        other = choose_tariff(kind="octopus_agile", config={"region": "C"}, name="Agile C", actor="keeper", now=now)

        assert price_at(now) is None
        assert SettlementPeriod.objects.exclude(tariff=other).exists()
