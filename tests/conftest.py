"""What every test shares: which parts of the suite this machine can run."""

import os
import shutil
from pathlib import Path

import pytest
from django.conf import settings
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from miners.day_lines import lines_of_minute
from tests.redis import redis_server  # noqa: F401  # a fixture for every folder

# How long an example takes tells of the machine; what is drawn is checked, not the speed.
# Where CI asks, the same examples are drawn each time; at home new ones are, and what they find becomes a test.
hypothesis_settings.register_profile(
    "house",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=os.environ.get("CI", "") not in {"", "0", "false"},
)
hypothesis_settings.load_profile("house")


@pytest.fixture(autouse=True)
def _forget_drawn_lines():
    """What a process keeps for a minute belongs to one test."""
    lines_of_minute.cache_clear()


NEEDS = {"browser": "HMM_REQUIRE_BROWSER", "postgres": "HMM_REQUIRE_POSTGRES"}


def find_chromium() -> str | None:
    """Return the Chromium to drive, if there is one."""
    named = os.environ.get("HMM_TEST_CHROMIUM")
    return named or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


# Scenes that live through many minutes, or make many backups. One database proves them in a CI run.
LONG = {
    "dashboards/test_roles.py",
    "dashboards/test_whole_pages.py",
    "house/test_query_counts.py",
    "house/test_secrets_stay.py",
    "miners/test_avalon_commands.py",
    "miners/test_budget.py",
    "miners/test_commands.py",
    "miners/test_drift.py",
    "miners/test_finding.py",
    "miners/test_lease.py",
    "miners/test_nerdqaxe_commands.py",
    "miners/test_restart_owed.py",
    "miners/test_starting.py",
    "miners/test_swapped.py",
    "ops/backups/test_pages.py",
    "soak/test_week.py",
    "strategy/test_avalon.py",
    "strategy/test_between.py",
    "strategy/test_in_the_middle.py",
    "strategy/test_nerdqaxe.py",
    "strategy/test_plug_faults.py",
    "strategy/test_plugs.py",
    "strategy/test_power_cycles.py",
    "strategy/test_restarts.py",
    "strategy/test_ruling.py",
    "strategy/test_soak.py",
}
# Begun before the others that write for good, or everything waits for it at the end.
LONGEST = "soak/test_week.py"
TESTS = Path(__file__).parent
DATABASE_FIXTURES = {"db", "transactional_db", "live_server", "django_db_setup"}


def asks_no_database(item: pytest.Item) -> bool:
    """Tell a test that runs alike on every database because it asks none."""
    if any(item.get_closest_marker(name) for name in ("django_db", "browser", "process", "postgres")):
        return False
    return not DATABASE_FIXTURES.intersection(getattr(item, "fixturenames", ()))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what asks no database, and skip what cannot run here."""
    on_postgres = "postgresql" in settings.DATABASES["default"]["ENGINE"]
    items.sort(key=lambda item: not item.path.as_posix().endswith(LONGEST))
    for item in items:
        if asks_no_database(item):
            item.add_marker(pytest.mark.pure)
        place = item.path.relative_to(TESTS)
        if place.as_posix() in LONG:
            item.add_marker(pytest.mark.long)
        if place.parts[0] == "house":
            item.add_marker(pytest.mark.house)
        if item.get_closest_marker("browser") and find_chromium() is None:
            item.add_marker(pytest.mark.skip(reason="there is no Chromium"))
        if item.get_closest_marker("postgres") and not on_postgres:
            item.add_marker(pytest.mark.skip(reason="HMM_TEST_DATABASE_URL names no PostgreSQL"))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item):
    """Where a part of the suite is required, a skip in it is a failure."""
    report = (yield).get_result()
    required = [name for name, variable in NEEDS.items() if os.environ.get(variable) == "1"]
    if report.skipped and any(item.get_closest_marker(name) for name in required):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped although it is required: {report.longrepr}"
