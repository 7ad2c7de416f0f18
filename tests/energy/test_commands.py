"""Prices by hand: import a file, fetch now; all of it or nothing, and one clear line when it fails."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from energy.models import SettlementPeriod, Tariff
from energy.services.prices import active_tariff, price_at
from energy.services.refresh import choose_tariff
from energy.tariffs.base import DataError
from energy.tariffs.csv_prices.wire import slots_of
from hmm.audit.models import AuditEntry
from tests.captures import captures

HEADER = "valid_from,price_pence_inc_vat\n"
NOON = datetime(2026, 7, 14, 12, tzinfo=UTC)


def printed(*arguments):
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def file(tmp_path):
    def write(content):
        path = tmp_path / "prices.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return write


WRONG = {
    "nothing": ("", "Line 1 must name"),
    "a web page": ("<!doctype html>\n<p>", "Line 1 must name"),
    "no price column": ("valid_from,cost\n2026-07-14T12:00Z,5\n", "Line 1 must name"),
    "only a header": (HEADER, "no prices"),
    "no number": (HEADER + "2026-07-14T12:00Z,5\n2026-07-14T12:30Z,five\n", "Line 3: .*no number"),
    "an empty price": (HEADER + "2026-07-14T12:00Z,\n", "Line 2: .*no number"),
    "not a number": (HEADER + "2026-07-14T12:00Z,NaN\n", "Line 2: .*not between"),
    "infinity": (HEADER + "2026-07-14T12:00Z,-Infinity\n", "Line 2: .*not between"),
    "far too much": (HEADER + "2026-07-14T12:00Z,1000000000\n", "Line 2: .*not between"),
    "too fine": (HEADER + "2026-07-14T12:00Z,5.1234567\n", "Line 2: .*more than 6 decimals"),
    "a naive time": (HEADER + "2026-07-14T12:00,5\n", "Line 2: .*no time zone"),
    "no time": (HEADER + "yesterday,5\n", "Line 2: .*no ISO time"),
    "before the calendar": (HEADER + "0001-01-01T00:00+14:00,5\n", "Line 2: .*no ISO time"),
    "after the calendar": (HEADER + "9999-12-31T23:45Z,5\n", "Line 2: .*calendar"),
    "two prices": (HEADER + "2026-07-14T12:00Z,5\n2026-07-14T13:00+01:00,6\n", "Lines 2 and 3 give"),
    "overlapping": (
        "valid_from,valid_to,price\n2026-07-14T12:00Z,2026-07-14T13:00Z,5\n2026-07-14T12:30Z,2026-07-14T13:00Z,5\n",
        "Lines 2 and 3: .*overlap",
    ),
    "backwards": ("valid_from,valid_to,price\n2026-07-14T12:00Z,2026-07-14T11:00Z,5\n", "Line 2: .*must last"),
    "a strange unit": ("valid_from,price,unit\n2026-07-14T12:00Z,5,bananas\n", "Line 2: the unit"),
    "a price no sum can hold": (HEADER + "2026-03-01T00:00:00Z,1e999999999\n", "is not between"),
    "a huge cell": (HEADER + f'"{"x" * 200_000}",5\n', "no CSV"),
    "nul bytes": (HEADER + "\0\0,5\n", "Line 2: .*no ISO time"),
    "binary": (b"\x89PNG\r\n\x1a\n\xff\xfe", "no text file"),
}


@pytest.mark.django_db
class TestImport:
    @pytest.mark.parametrize(("content", "message"), WRONG.values(), ids=WRONG)
    def test_a_wrong_file_is_refused_with_its_line_and_stores_nothing(self, file, content, message):
        with pytest.raises(CommandError, match=message) as caught:
            call_command("import_prices", file(content))

        assert "Nothing was stored." in str(caught.value)
        assert not Tariff.objects.exists()
        assert not SettlementPeriod.objects.exists()

    def test_a_missing_file_says_so(self, tmp_path):
        with pytest.raises(CommandError, match="cannot be read"):
            call_command("import_prices", str(tmp_path / "none.csv"))

    def test_without_a_tariff_the_file_becomes_the_tariff(self, file):
        path = file(HEADER + "2026-07-14T12:00Z,-2.5\n2026-07-14T12:30Z,0\n")

        answer = json.loads(printed("import_prices", path, "--json"))

        assert answer == {"tariff": "Imported prices", "added": 2, "changed": 0, "same": 0}
        assert active_tariff().kind == "csv"
        assert price_at(NOON).price_p_per_kwh == Decimal("-2.5")
        assert price_at(NOON + timedelta(minutes=59)).price_p_per_kwh == 0
        assert json.loads(printed("import_prices", path, "--json"))["same"] == 2

    def test_an_active_tariff_takes_them_and_a_named_one_before_it(self, file):
        choose_tariff(kind="octopus_agile", config={"region": "C"}, name="Agile C", actor="keeper", now=NOON)
        choose_tariff(kind="octopus_agile", config={"region": "J"}, name="Agile J", actor="keeper", now=NOON)

        printed("import_prices", file(HEADER + "2026-07-14T12:00Z,7\n"))
        printed("import_prices", file(HEADER + "2026-07-14T12:00Z,9\n"), "--tariff", "Agile C")

        stored = dict(SettlementPeriod.objects.values_list("tariff__name", "price_p_per_kwh"))
        assert stored == {"Agile J": 7, "Agile C": 9}
        assert active_tariff().name == "Agile J"

    def test_an_unknown_tariff_is_named_with_those_there_are(self, file):
        choose_tariff(kind="csv", config={}, name="Mine", actor="keeper", now=NOON)

        with pytest.raises(CommandError, match=r"'Yours'.*Mine"):
            call_command("import_prices", file(HEADER + "2026-07-14T12:00Z,7\n"), "--tariff", "Yours")

    def test_a_corrected_price_leaves_a_row_in_the_activity(self, file):
        printed("import_prices", file(HEADER + "2026-07-14T12:00Z,7\n"))
        printed("import_prices", file(HEADER + "2026-07-14T12:00Z,8\n"))

        entry = AuditEntry.objects.get(action="price.changed")
        assert (entry.before["price_p_per_kwh"], entry.after["price_p_per_kwh"]) == ("7.000000", "8")

    def test_three_months_of_real_prices_are_stored_to_the_last_digit(self):
        path = captures("agile", "agile_J_2023-09-01_2023-11-30.csv")
        lines = path.read_text(encoding="utf-8").splitlines()[1:]

        printed("import_prices", str(path))

        assert SettlementPeriod.objects.count() == len(lines) == 4370
        for line in lines[:: len(lines) // 50]:
            start, price = line.split(",")
            assert price_at(datetime.fromisoformat(start)).price_p_per_kwh == Decimal(price)


@pytest.mark.parametrize(
    ("unit", "price", "pence"),
    [("", "25.5", "25.5"), ("p/kWh", "-3", "-3"), ("GBP/kWh", "0.25", "25"), ("£/MWh", "-12.5", "-1.25")],
)
def test_units_are_turned_into_pence(unit, price, pence):
    slots = slots_of(f"valid_from,price,unit\n2026-07-14T12:00Z,{price},{unit}\n")

    assert slots[0].price_p_per_kwh == Decimal(pence)


def test_rows_may_come_in_any_order_and_with_a_hole():
    slots = slots_of(HEADER + "2026-07-14T14:00Z,3\n2026-07-14T12:30Z,2\n2026-07-14T12:00Z,1\n")

    assert [slot.price_p_per_kwh for slot in slots] == [1, 2, 3]
    assert all(slot.ends_at - slot.starts_at == timedelta(minutes=30) for slot in slots)


def test_a_file_of_long_rows_far_apart_keeps_the_ends_it_names():
    text = "valid_from,valid_to,price\n2026-01-01T00:00Z,2026-01-01T05:00Z,9\n2026-01-09T00:00Z,2026-01-09T05:00Z,9\n"

    assert [slot.ends_at - slot.starts_at for slot in slots_of(text)] == [timedelta(hours=5)] * 2


def test_an_hour_that_comes_twice_on_the_clock_is_two_hours():
    slots = slots_of(HEADER + "2026-10-25T01:30+01:00,4\n2026-10-25T01:30+00:00,5\n2026-10-25T01:00+00:00,6\n")

    assert [slot.price_p_per_kwh for slot in slots] == [4, 6, 5]


def test_the_file_of_a_person_is_read_with_spaces_and_capitals():
    with pytest.raises(DataError):
        slots_of("Valid From,Price\n")

    assert slots_of(" Valid_From , PRICE \n 2026-07-14T12:00Z , 5 \n")[0].price_p_per_kwh == 5


@pytest.mark.django_db
class TestFetch:
    def test_without_a_tariff_it_says_what_to_do(self):
        with pytest.raises(CommandError, match="No tariff is chosen"):
            call_command("fetch_prices")

    def test_it_fetches_and_tells(self, feed):
        choose_tariff(kind="octopus_agile", config={"region": "J"}, name="Agile J", actor="keeper", now=feed.now())

        answer = json.loads(printed("fetch_prices", "--json"))

        assert answer["added"] == SettlementPeriod.objects.count() > 96
        assert datetime.fromisoformat(answer["known_until"]) == feed.published_until()
        assert printed("fetch_prices").startswith("Agile J: 0 new prices, 0 changed; known until")

    def test_a_feed_that_is_away_is_one_clear_line(self, feed):
        choose_tariff(kind="octopus_agile", config={"region": "J"}, name="Agile J", actor="keeper", now=feed.now())
        feed.set_fault("vanish")

        with pytest.raises(CommandError, match="does not answer"):
            call_command("fetch_prices")
