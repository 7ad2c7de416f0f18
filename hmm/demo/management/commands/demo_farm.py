"""Start the product with a farm of simulators and thirty days of history."""

import os
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from energy.tariffs.base import DataError
from hmm.demo import plan as plans
from hmm.demo.cast import CAST, WORKING_POOLS
from hmm.demo.coins import coin_addresses
from hmm.demo.devices import price_table, run_devices
from hmm.demo.releases import release_addresses
from hmm.demo.seeding import seed
from hmm.ops.first_start import register
from hmm.ops.supervision.errors import CannotStartError
from hmm.ops.up import up

DAY_MIN, DAY_MAX = 2.0, 1440.0  # minutes


class Command(BaseCommand):
    """Everything real but the devices: they are servers on this computer that speak the real protocols."""

    help = "Run the product with a demo farm: simulated miners and prices, and a seeded database."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--day-in", type=float, default=48.0, help="minutes in which a day of prices passes (48)")
        parser.add_argument("--prices", default="", help="a CSV file with prices instead of made ones")
        parser.add_argument("--user", default="demo", help="the name to sign in with (demo)")
        parser.add_argument("--password", default="", help="the password to sign in with; one is made if absent")

    def handle(self, *_arguments: Any, **options: Any) -> None:
        if not DAY_MIN <= options["day_in"] <= DAY_MAX:
            raise CommandError(f"--day-in takes {DAY_MIN:g} to {DAY_MAX:g} minutes.")
        if not settings.HMM_DEMO:
            restart_as_demo(options)
        plan = plans.load(settings.HMM_DATA_DIR)
        if plan is None:
            raise CommandError(
                f"{settings.HMM_DATA_DIR / plans.FILE} cannot be read. Remove the folder and start again."
            )
        register(lambda: [f"Demo farm: sign in as {plan.user} with the password {plan.password}"])
        try:
            sys.exit(up(more_parts={"simulators": run_devices}, seed=seed))
        except CannotStartError as error:
            raise CommandError(str(error)) from error


def restart_as_demo(options: dict[str, Any]) -> None:
    """Begin again in an environment of its own: other data, loopback devices, the simulated price feed."""
    own = settings.HMM_DATA_DIR == settings.BASE_DIR / "data"
    folder: Path = settings.BASE_DIR / "demo-data" if own else settings.HMM_DATA_DIR
    plan = plans.load(folder)
    wanted = options["day_in"] * 60 / plans.SLOTS_A_DAY
    if plan is None:
        if options["prices"]:
            check_prices(options["prices"])
        plan = plans.new_plan(
            [role.name for role in CAST],
            day_in_minutes=options["day_in"],
            user=options["user"],
            password=options["password"],
            prices_file=str(Path(options["prices"]).resolve()) if options["prices"] else "",
        )
        plans.save(plan, folder)
    elif plan.slot_s != wanted:
        raise CommandError(
            f"The farm in {folder} has slots of {plan.slot_s:g} s. Remove the folder for a day of another length."
        )
    elif plans.add_ports(plan, [role.name for role in CAST]):
        plans.save(plan, folder)
    if plans.add_pool_ports(plan, [role.name for role in WORKING_POOLS]):
        plans.save(plan, folder)
    environment = {
        **os.environ,
        "HMM_DEMO": "true",
        "HMM_DATA_DIR": str(folder),
        "HMM_DEVICE_NETWORKS": "127.0.0.0/8",
        "HMM_OCTOPUS_URL": f"http://127.0.0.1:{plan.price_port}/v1/",
        "HMM_TELEGRAM_URL": f"http://127.0.0.1:{plan.chat_ports[0]}",
        "HMM_DISCORD_URL": f"http://127.0.0.1:{plan.chat_ports[1]}/api",
        **coin_addresses(plan),
        **release_addresses(plan),
        "HMM_NMMINER_UDP_PORT": str(plan.udp_ports[0]),
        "HMM_NMMINER_CONFIGURATION_PORT": str(plan.udp_ports[1]),
    }
    os.execve(sys.executable, [sys.executable, *sys.argv], environment)  # noqa: S606  # the same program again


def check_prices(name: str) -> None:
    try:
        price_table(name)
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{name} cannot be read: {error}") from error
    except DataError as error:
        raise CommandError(f"{name}: {error}") from error
