"""Look through networks for miners, from the command line."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from hmm.clock import now as read_clock
from hmm.hosts import AddressRefusedError
from miners.discovery import Finding, hosts_of, own_network, ports_of
from miners.drivers.base import DriverError
from miners.models import ScanNetwork
from miners.services.finding import facts, welcome
from miners.services.searching import known_hosts, search

ACTOR = "command line"


class Command(BaseCommand):
    """Known miners that answer are not disturbed. Nothing is changed on any device."""

    help = "Look through networks for miners; the kept ones, else the network of this computer."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("networks", nargs="*", metavar="CIDR", help="such as 192.168.1.0/24")
        parser.add_argument("--add", action="store_true", help="add every miner that is found")
        parser.add_argument("--port", action="append", default=[], metavar="PORT", help="look at this port instead")
        parser.add_argument("--large", action="store_true", help="yes, it is meant to have more than 4096 addresses")
        parser.add_argument("--json", action="store_true", help="print one JSON document")

    def handle(self, *_arguments: Any, **options: Any) -> None:
        networks = options["networks"] or kept() or [own_network()]
        try:
            ports = ports_of(" ".join(options["port"]))
            hosts = [host for text in networks for host in hosts_of(text, large=options["large"])]
        except AddressRefusedError as error:
            raise CommandError(str(error)) from error
        skip = known_hosts()
        findings = search(hosts, ports=ports, skip=skip)
        rows = list(self.told(findings, add=options["add"], as_json=options["json"]))
        asked = len(set(hosts) - skip)
        if options["json"]:
            answer = {"networks": networks, "asked": asked, "known": len(set(hosts) & skip), "found": rows}
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
        else:
            miners = sum(row["family"] is not None for row in rows)
            self.stdout.write(f"{asked} addresses asked, {miners} miners and {len(rows) - miners} other devices.")

    def told(self, findings: Iterator[Finding], *, add: bool, as_json: bool) -> Iterator[dict[str, Any]]:
        """Give a row for each address that answers, and print it at once for people."""
        for finding in findings:
            if finding.is_silent:
                continue
            row = row_of(finding, add=add)
            if not as_json:
                self.stdout.write(f"{row['host']}:{row['port']}  {row['outcome']}  {row['words']}")
            yield row


def kept() -> list[str]:
    return list(ScanNetwork.objects.values_list("cidr", flat=True))


def row_of(finding: Finding, *, add: bool) -> dict[str, Any]:
    """Return what one address answered, and what was made of it."""
    row: dict[str, Any] = {"host": finding.host, "port": finding.port, "outcome": "other", "words": finding.words}
    row |= {"family": None, "model": None, "firmware": None, "mac": None}
    if finding.reading is None:
        return row
    row |= facts(finding.reading)
    try:
        outcome, _name, words = welcome(finding, finding.reading, add=add, actor=ACTOR, now=read_clock())
    except (AddressRefusedError, DriverError, ValueError) as error:
        return {**row, "words": str(error)}
    return {**row, "outcome": outcome, "words": words}
