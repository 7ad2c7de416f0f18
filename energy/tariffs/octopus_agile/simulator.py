"""The supplier's price feed as a real server, with prices from a seed or from a file.

It serves the same addresses, pages and errors, publishes a day ahead (or a number of slots ahead on the
demo farm), and can be late, leave gaps, correct a price, retire its product, or misbehave as any server can.
"""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from energy.tariffs.octopus_agile.simulator_prices import UK, PriceBook
from energy.tariffs.octopus_agile.simulator_products import LONG_PRODUCT, NIGHT_PRODUCT, other_rates
from energy.tariffs.octopus_agile.wire import REGIONS, split_tariff_code, tariff_code
from hmm.simulation.server import Reply, Simulator

PRODUCT, OLD_PRODUCT = "AGILE-24-10-01", "AGILE-FLEX-22-11-25"
PAGE_DEFAULT, PAGE_MAX = 100, 1500
KEPT = timedelta(days=400)
STANDING_CHARGE = 45.57  # p/day
PUBLISHED_HOUR, DAY_ENDS_HOUR = 16, 23  # UK clock


def utc_now() -> datetime:
    return datetime.now(tz=UTC)


class PriceSimulator(Simulator):
    """One price feed. `ahead` publishes that many slots ahead instead of once a day."""

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        seed: int = 7,
        table: Mapping[datetime, Decimal] | None = None,
        slot_length: timedelta | None = None,
        turns_short_at: datetime | None = None,
        ahead: int | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        super().__init__(host=host, port=port, clock=time.monotonic)
        self.now = now
        self.ahead = ahead
        self.late_by = timedelta()
        self.product = PRODUCT
        self.retired = False  # 200 with history and nothing new
        self.book = PriceBook(seed=seed, table=table or {})
        if slot_length is not None:
            self.book.turns_short_at = turns_short_at or now()
            self.book.short = slot_length

    @property
    def base_url(self) -> str:
        return f"{self.url}/v1/"

    def obey(self, order: dict[str, Any]) -> None:
        super().obey(order)
        if "late_minutes" in order:
            self.late_by = timedelta(minutes=float(order["late_minutes"]))
        if "retired" in order:
            self.retired = bool(order["retired"])
        if "product" in order:
            self.product = str(order["product"])
        for place, price in dict(order.get("prices_from_now") or {}).items():
            self.set_price(int(place), price)

    def set_price(self, place: int, price: Any) -> None:
        """Set the price of the slot `place` slots from now; None makes it missing."""
        start, end = self.book.slot_at(self.now())
        start += place * (end - start)
        self.book.missing.discard(start)
        if price is None:
            self.book.missing.add(start)
        else:
            self.book.changed[start] = Decimal(str(price))

    def published_until(self) -> datetime:
        """Return the end of what is published now."""
        now = self.now() - self.late_by
        if self.ahead is not None:
            start, end = self.book.slot_at(now)
            return end + self.ahead * (end - start)
        local = now.astimezone(UK)
        days = 1 if local.hour >= PUBLISHED_HOUR else 0
        day = (local + timedelta(days=days)).date()
        return datetime(day.year, day.month, day.day, DAY_ENDS_HOUR, tzinfo=UK).astimezone(UTC)

    # --- HTTP -------------------------------------------------------------------------------------

    def respond(self, method: str, path: str, body: bytes, headers: Any) -> Reply:  # noqa: ARG002  # the server's signature
        parts = urlsplit(path)
        query = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        steps = [step for step in parts.path.split("/") if step][1:]
        match steps:
            case ["products"]:
                return page([self._product_row(OLD_PRODUCT, gone=True), *self._products()])
            case ["products", product] if product in {self.product, OLD_PRODUCT}:
                return self._product_page(product)
            case ["products", _unknown]:
                return Reply(404, {"detail": "No EnergyProduct matches the given query."})
            case ["industry", "grid-supply-points"]:
                return page([{"group_id": f"_{letter}"} for letter in regions_for(query.get("postcode", ""))])
            case ["products", product, "electricity-tariffs", tariff, "standard-unit-rates"]:
                return self._rates(product, tariff, query, parts.path)
            case ["products", product, "electricity-tariffs", tariff, "standing-charges"]:
                return self._standing_charges(product, tariff)
        return Reply(404, {"detail": "Not found."})

    def _products(self) -> list[dict[str, Any]]:
        rows = [self._product_row(self.product), self._product_row("AGILE-OUTGOING-19-05-13", direction="EXPORT")]
        return [*rows, self._product_row("AGILE-BB-24-04-03", brand="BULB")]

    def _product_row(
        self, code: str, *, direction: str = "IMPORT", brand: str = "OCTOPUS_ENERGY", gone: bool = False
    ) -> dict[str, Any]:
        return {
            "code": code,
            "direction": direction,
            "brand": brand,
            "display_name": "Agile",
            "is_variable": True,
            "available_from": "2022-11-25T00:00:00Z" if gone else "2024-10-01T00:00:00+01:00",
            "available_to": "2024-10-01T00:00:00+01:00" if gone else None,
        }

    def _product_page(self, product: str) -> Reply:
        """One product with its tariff in every region; the unit rate there is a nominal figure."""
        regions = {
            f"_{letter}": {
                "direct_debit_monthly": {
                    "code": tariff_code(product, letter),
                    "standing_charge_inc_vat": STANDING_CHARGE,
                    "standard_unit_rate_inc_vat": 24.5,
                }
            }
            for letter in REGIONS
        }
        row = self._product_row(product, gone=product == OLD_PRODUCT)
        return Reply(200, {**row, "direction": None, "single_register_electricity_tariffs": regions})

    def _rates(self, product: str, tariff: str, query: dict[str, str], path: str) -> Reply:
        split = split_tariff_code(tariff)
        if (answer := wrong_window(query, self.now())) is not None:
            return answer
        other = other_rates(product, *window(query, self.now())) if split and split[0] == product else None
        if other is not None:
            return page(other)
        if product not in {self.product, OLD_PRODUCT}:
            return Reply(404, {"detail": "No EnergyProduct matches the given query."})
        if split is None or split[0] != product:
            return Reply(404, {"detail": "No ElectricityTariff matches the given query."})
        try:
            start, end = window(query, self.now())
            size = min(PAGE_MAX, max(1, int(query.get("page_size", PAGE_DEFAULT))))
            number = max(1, int(query.get("page", 1)))
        except ValueError as error:
            return Reply(400, {"period_from": [str(error)]})
        end = min(
            end, self.now() - timedelta(days=1) if self.retired or product != self.product else self.published_until()
        )
        rows = self.book.slots(start, end, split[1]) if end > start else []
        return self._page_of(rows[::-1], size, number, query, path)

    def _page_of(self, rows: list[Any], size: int, number: int, query: dict[str, str], path: str) -> Reply:
        """Newest first, with the absolute address of the next page."""
        chosen = rows[(number - 1) * size : number * size]
        more = number * size < len(rows)
        following = f"{self.url}{path}?{urlencode({**query, 'page': number + 1})}" if more else None
        results = [
            {
                "value_exc_vat": float(without),
                "value_inc_vat": float(with_tax),
                "valid_from": zulu(start),
                "valid_to": zulu(end),
                "payment_method": None,
            }
            for start, end, without, with_tax in chosen
        ]
        return Reply(200, {"count": len(rows), "next": following, "previous": None, "results": results})

    def _standing_charges(self, product: str, tariff: str) -> Reply:
        split = split_tariff_code(tariff)
        if product not in {self.product, NIGHT_PRODUCT, LONG_PRODUCT} or split is None:
            return Reply(404, {"detail": "No ElectricityTariff matches the given query."})
        row: dict[str, Any] = {"value_exc_vat": STANDING_CHARGE, "value_inc_vat": STANDING_CHARGE}
        row |= {"valid_from": "2024-10-01T00:00:00Z", "valid_to": None}
        return page([{**row, "payment_method": method} for method in ("DIRECT_DEBIT", "NON_DIRECT_DEBIT")])


def page(results: list[Any]) -> Reply:
    return Reply(200, {"count": len(results), "next": None, "previous": None, "results": results})


def regions_for(postcode: str) -> list[str]:
    """Return a region for a postcode's letters; nonsense has none, a border one has two."""
    text = postcode.replace(" ", "").upper()
    if not text[:1].isalpha() or not any(sign.isdigit() for sign in text) or text.startswith("BT"):
        return []
    if text.startswith("HR"):
        return ["E", "K"]
    known = {"SW": "C", "W1": "C", "BN": "J", "SO": "H", "M1": "G", "EH": "N", "AB": "P", "LS": "M"}
    letters = sorted(REGIONS)
    return [known.get(text[:2]) or letters[sum(map(ord, text[:2])) % len(letters)]]


def wrong_window(query: dict[str, str], now: datetime) -> Reply | None:
    """Return the 400 for a period that cannot be, None for a good one."""
    try:
        window(query, now)
    except ValueError as error:
        return Reply(400, {"period_from": [str(error)]})
    return None


def window(query: dict[str, str], now: datetime) -> tuple[datetime, datetime]:
    """Return the asked period. Raise ValueError as the feed would answer 400."""
    if "period_to" in query and "period_from" not in query:
        raise ValueError("period_from is required with period_to.")
    start = moment(query["period_from"]) if "period_from" in query else now - KEPT
    end = moment(query["period_to"]) if "period_to" in query else now + KEPT
    return start, end


def moment(text: str) -> datetime:
    """Read a time; one without a zone is the UK clock's, as the feed reads it."""
    try:
        value = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError("Enter a valid date/time.") from error
    return (value if value.tzinfo else value.replace(tzinfo=UK)).astimezone(UTC)


def zulu(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
