"""What every test shares: which parts of the suite this machine can run."""

import os
import shutil

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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what cannot run here."""
    on_postgres = "postgresql" in settings.DATABASES["default"]["ENGINE"]
    for item in items:
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
