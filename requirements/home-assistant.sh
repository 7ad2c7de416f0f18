#!/bin/sh
# Install a real Home Assistant into $1 from the pins in $2, once; it wants Python 3.11.
set -eu
stamp="$1/.installed-$(cksum < "$2" | cut -d' ' -f1)"
[ -e "$stamp" ] && exit 0
command -v python3.11 >/dev/null || { echo "Home Assistant 2024.3.3 needs python3.11, which is not here." >&2; exit 1; }
rm -rf "$1"
python3.11 -m venv "$1"
"$1/bin/pip" install --quiet --requirement "$2"
touch "$stamp"
