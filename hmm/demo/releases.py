"""The demo farm's source of releases: the installed version, and two above it with notes as people write them."""

from django.conf import settings
from packaging.version import Version

from hmm.demo import plan as plans
from hmm.updates.simulator import REPOSITORY, GitHubSimulator, Published
from hmm.updates.versions import spoken, version_of

PATCH_NOTES = """## Fixed

- Miners that answer slowly are waited for
- The price chart keeps its scale when a slot is negative
"""
FEATURE_NOTES = """This release exists on the demo farm only, to show what a new one looks like.

## New

- **Heat first**: a room with a sensor can ask for its miner
- Bands can be copied between seasons
- `manage.py doctor` also looks at the clock

## Changed

1. Restarts of the same miner are at least four minutes apart
2. A tariff's file may be given by its address

## Before you update

Nothing has to be done. Rules that name a removed miner are switched off and listed on their page.
"""


def release_simulator(plan: plans.FarmPlan) -> GitHubSimulator:
    """Return the server; POST {"publish": {"tag": …, "body": …}} to its control door publishes another one."""
    own = version_of(settings.HMM_VERSION) or Version("0.1.0")
    patch, feature = f"v{own.major}.{own.minor}.{own.micro + 1}", f"v{own.major}.{own.minor + 1}.0"
    return GitHubSimulator(
        port=plan.release_port,
        releases=[
            Published(tag=f"{feature}-rc.1", prerelease=True, days_ago=2, commits=4, body="Not finished yet."),
            Published(tag=feature, name="Winter", days_ago=3, commits=11, body=FEATURE_NOTES),
            Published(tag=patch, days_ago=20, commits=3, body=PATCH_NOTES),
            Published(tag=f"v{spoken(settings.HMM_VERSION)}", days_ago=60, commits=40, body="The first version."),
        ],
    )


def release_addresses(plan: plans.FarmPlan) -> dict[str, str]:
    """Return the settings that send the product to the simulated source."""
    return {"HMM_GITHUB_URL": f"http://127.0.0.1:{plan.release_port}", "HMM_UPDATES_REPOSITORY": REPOSITORY}
