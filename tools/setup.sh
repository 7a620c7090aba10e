#!/bin/sh
# Makes the virtual environment named by $1: everything that requirements.lock pins, and the project itself, editable.
# Run it from the repository's root. Needs a Python of 3.11 or newer with venv, and nothing else.
set -eu
venv=$1

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    for name in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11; do
        if is_new_enough "$name"; then
            echo "$name"
            return
        fi
    done
    echo "setup: Python 3.11 or newer is missing (on Debian: apt install python3 python3-venv)" >&2
    exit 1
}

if ! is_new_enough "$venv/bin/python"; then
    python=$(find_python)
    if ! "$python" -c 'import ensurepip' 2>/dev/null; then
        echo "setup: $python lacks venv (on Debian: apt install python3-venv)" >&2
        exit 1
    fi
    "$python" -m venv --clear "$venv"
fi
echo "setup: installing into $venv (this happens once)"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
