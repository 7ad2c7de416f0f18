"""Each tariff keeps the contract; plug-ins of other packages are welcome, broken ones are shown."""

import sys
from datetime import UTC, datetime, timedelta

import pytest

from energy.tariffs.base import ConfigError
from energy.tariffs.csv_prices.tariff import CsvPrices
from energy.tariffs.octopus_agile.simulator import PriceSimulator
from energy.tariffs.octopus_agile.simulator_products import LONG_PRODUCT, NIGHT_PRODUCT
from energy.tariffs.octopus_agile.tariff import OctopusAgile
from energy.tariffs.octopus_product.tariff import OctopusProduct
from energy.tariffs.registry import loaded, source_for
from energy.tariffs.static_prices.tariff import FlatPrice, TimeOfUse
from energy.tariffs.vat import DEFAULT_TABLE
from tests.energy.contract import TariffContract

EVENING = datetime(2026, 10, 24, 17, tzinfo=UTC)  # the day before the clocks go back


class TestOctopusAgile(TariffContract):
    kind, config = "octopus_agile", {"region": "J"}

    @pytest.fixture
    def source(self, settings):
        with PriceSimulator(now=lambda: EVENING) as simulator:
            settings.HMM_OCTOPUS_URL = simulator.base_url
            yield OctopusAgile()

    @pytest.fixture
    def window(self):
        return EVENING - timedelta(days=60), EVENING + timedelta(days=2)


class TestNightProduct(TestOctopusAgile):
    kind = "octopus_product"
    config = {"product": NIGHT_PRODUCT, "region": "J", "vat": DEFAULT_TABLE}
    is_endless = True  # the simulator publishes the night product for any time

    @pytest.fixture
    def source(self, settings):
        with PriceSimulator(now=lambda: EVENING) as simulator:
            settings.HMM_OCTOPUS_URL = simulator.base_url
            yield OctopusProduct()


class TestLongRecords(TestNightProduct):
    config = {"product": LONG_PRODUCT, "region": "J"}


class TestImportedPrices(TariffContract):
    kind, config, has_region = "csv", {}, False

    @pytest.fixture
    def source(self):
        return CsvPrices()

    @pytest.fixture
    def window(self):
        return EVENING - timedelta(days=1), EVENING


class TestFlatPrice(TariffContract):
    kind, config, has_region, is_endless = "flat", {"price_p_per_kwh": "24.5"}, False, True

    @pytest.fixture
    def source(self):
        return FlatPrice()

    @pytest.fixture
    def window(self):
        return EVENING - timedelta(days=1), EVENING + timedelta(days=2)


class TestTimeOfUse(TestFlatPrice):
    kind = "time_of_use"
    config = {"price_p_per_kwh": "24.5", "hours": "daily 23:30-05:30 7\nweekend 12:10-14:00 -1.5"}

    @pytest.fixture
    def source(self):
        return TimeOfUse()


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Install a package with one entry point, as an installer would lay it out."""

    def install(name, module, target):
        (tmp_path / f"{name}_prices.py").write_text(module, encoding="utf-8")
        folder = tmp_path / f"{name}_prices-1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}-prices\nVersion: 1.0\n", encoding="utf-8"
        )
        (folder / "entry_points.txt").write_text(
            f"[hmm.tariffs]\n{name} = {name}_prices:{target}\n", encoding="utf-8"
        )
        monkeypatch.syspath_prepend(str(tmp_path))
        monkeypatch.delitem(sys.modules, f"{name}_prices", raising=False)
        loaded.cache_clear()

    yield install
    loaded.cache_clear()


GOOD = """
from energy.tariffs.base import FetchResult
class Flat:
    kind, label, needs_network = "tibber", "Foreign price", False
    def validate(self, config): return {}
    def fetch(self, config, start, end): return FetchResult(slots=(), config=config)
"""


def test_a_plug_in_of_another_package_is_found(package):
    package("tibber", GOOD, "Flat")

    assert source_for("tibber").label == "Foreign price"
    assert loaded()[1] == {}


@pytest.mark.parametrize(
    ("module", "reason"),
    [
        ("raise RuntimeError('no licence')", "RuntimeError: no licence"),
        ("import a_module_nobody_has", "ModuleNotFoundError"),
        ("class Flat: pass", "AttributeError"),
        (GOOD.replace('"tibber"', '"octopus_agile"'), "already a tariff"),
    ],
)
def test_a_broken_plug_in_is_recorded_and_stops_nothing(package, module, reason):
    package("broken", module, "Flat")

    assert reason in loaded()[1]["broken"]
    assert source_for("octopus_agile").label == "Octopus Agile"


def test_a_plug_in_that_is_gone_is_named():
    with pytest.raises(ConfigError, match=r"'tibber'.*not installed"):
        source_for("tibber")
