"""A GitHub on loopback with three releases above what is installed, one of them not finished."""

from datetime import UTC, datetime

import pytest

from hmm.updates.simulator import REPOSITORY, GitHubSimulator, Published

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
RELEASES = (
    Published(tag="v1.4.0-rc.1", prerelease=True, days_ago=1, commits=5),
    Published(tag="v1.3.0", name="Winter", days_ago=2, commits=7, body="## New\n\n- **Heat** comes first"),
    Published(tag="v1.2.1", days_ago=9, commits=2, body="A fix"),
    Published(tag="nightly", days_ago=10, commits=0),
    Published(tag="v1.2.0", days_ago=30, commits=20),
)
HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(2)>\n\n"
    "[click](javascript:alert(3)) ![spy](https://evil.test/pixel.png) [home](/logout/) "
    "[web](https://evil.test/?a=1&b=2)\n\n"
    "שלום עולם \u202eevil\u2066 💥⛏️ \x00\ud800\n\n"
    "<style>*{display:none}</style>\n\n| a |\n|--:|\n| <b>x</b> |\n\n" + "x" * 10_000
)


@pytest.fixture(scope="session")
def served():
    with GitHubSimulator(moment=lambda: NOW) as simulator:
        yield simulator


@pytest.fixture
def github(served, settings):
    served.set_fault("none")
    served.releases, served.compare_fault, served.used = list(RELEASES), "none", 0
    served.requests.clear()
    settings.HMM_GITHUB_URL, settings.HMM_UPDATES_REPOSITORY = served.url, REPOSITORY
    settings.HMM_VERSION = "1.2.0"
    return served
