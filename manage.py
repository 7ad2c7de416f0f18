#!/usr/bin/env python3
"""The command door of Home Miner Manager."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hmm.settings")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:  # a setting that cannot be: its sentence says which, and the remedy
        sys.exit(f"Error: {error}")


if __name__ == "__main__":
    main()
