#!/bin/sh
# Install the pinned packages of file $2 into the virtual environment $1; every file's hash is checked.
set -eu
echo "Installing $2"
"$1/bin/python" -m pip install -qq --disable-pip-version-check --no-input --require-hashes -r "$2"
