#!/bin/sh
# Make the virtual environment $1 with the first Python 3.11 or newer that is found.
set -eu
for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
    if "$candidate" -c 'import sys; raise SystemExit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
        echo "Making $1 with $("$candidate" --version)"
        rm -rf "$1"
        if "$candidate" -m venv "$1"; then exit 0; fi
        rm -rf "$1"
        echo "$candidate cannot make a virtual environment. On Debian and Ubuntu: apt install python3-venv" >&2
        exit 1
    fi
done
echo "Python 3.11 or newer is needed, and 'python3' is older or missing. Install one, or name it: make PYTHON=/path/to/python3.12" >&2
exit 1
