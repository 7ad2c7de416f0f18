"""The region whose prices a house pays with Octopus Agile: chosen, or found by its postcode in a job."""

from datetime import datetime

from energy.models import Tariff
from energy.services.refresh import choose_tariff
from energy.tariffs.octopus_agile.tariff import OctopusAgile
from hmm.jobs.models import Job
from hmm.jobs.services import start_job


def choose_region(region: str, *, actor: str, now: datetime) -> Tariff:
    """Make Octopus Agile of a region, such as J, the tariff."""
    name = f"Octopus Agile, region {region}"
    return choose_tariff(kind=OctopusAgile.kind, config={"region": region}, name=name, actor=actor, now=now)


def look_up_region(postcode: str, *, actor: str, now: datetime) -> Job:
    """Find the region of a postcode in the background and choose it; the job tells what came of it."""
    arguments = {"postcode": postcode}
    return start_job(
        kind="find_region", title=f"Region of {postcode}", actor=actor, arguments=arguments, total=1, now=now
    )
