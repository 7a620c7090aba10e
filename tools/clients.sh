#!/bin/sh
# Installs what generates typed HTTP clients, for the tests with the marker `clients`, into the folder named by $1: a
# Python environment, and the packages of npm. Run it from the repository's root. Needs Node 20 or newer with npm.
set -eu
folder=$1
pinned=tests/openapi/clients

if ! command -v npm >/dev/null; then
    echo "clients: npm is missing (on Debian: apt install nodejs npm)" >&2
    exit 1
fi
wanted=$(cat "$pinned/python/requirements.txt" "$pinned/typescript/package-lock.json" | cksum)
if [ "$(cat "$folder/.installed" 2>/dev/null)" = "$wanted" ]; then
    exit 0
fi
echo "clients: installing generators into $folder (this happens once)"
rm -rf "$folder"
mkdir -p "$folder/typescript"
"${PYTHON:-.venv/bin/python}" -m venv "$folder/python"
"$folder/python/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes \
    -r "$pinned/python/requirements.txt"
cp "$pinned/typescript/package.json" "$pinned/typescript/package-lock.json" "$folder/typescript"
npm ci --prefix "$folder/typescript" --ignore-scripts --no-audit --no-fund --loglevel=error
echo "$wanted" >"$folder/.installed"
