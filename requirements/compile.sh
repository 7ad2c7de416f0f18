#!/bin/sh
# Compile the pins again, with hashes for every platform; uv lives in an environment that is deleted afterwards.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT INT TERM
.venv/bin/python -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -qq --disable-pip-version-check uv==0.13.9
for name in runtime dev npm; do
    "$folder/venv/bin/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
        --no-annotate --no-emit-index-url --no-emit-find-links --output-file "requirements/$name.txt" \
        "requirements/$name.in"
done
