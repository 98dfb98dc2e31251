#!/bin/sh
# Makes the virtual environment from the hash-checked lock file; does nothing when it is up to date.
set -eu
cd "$(dirname "$0")/.."

find_python() {
    for candidate in ${PYTHON:-} python3.13 python3.12 python3.11 python3 python; do
        if command -v "$candidate" >/dev/null 2>&1 &&
            "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            command -v "$candidate"
            return 0
        fi
    done
    return 1
}

locked=$(cat requirements.lock tools/venv.sh | cksum)
package=$(cksum < components/pyproject.toml)
if [ -x .venv/bin/k8s-hardening ] && [ "$(cat .venv/.locked .venv/.package 2>/dev/null)" = "$locked
$package" ]; then
    exit 0
fi
if [ "$(cat .venv/.locked 2>/dev/null)" != "$locked" ]; then
    if ! python=$(find_python); then
        echo "k8s-hardening needs Python 3.11 or newer, and none is on PATH: install it, or name it with PYTHON=/path/to/python3" >&2
        exit 1
    fi
    echo "making the virtual environment with $("$python" --version) (about 1 min) ..." >&2
    rm -rf .venv
    "$python" -m venv .venv || {
        echo "$python cannot make virtual environments: install its venv module (Debian and Ubuntu: python3-venv)" >&2
        exit 1
    }
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
    printf '%s\n' "$locked" > .venv/.locked
fi
# The package itself is installed anew when its metadata changes: that takes seconds, and nobody else is disturbed.
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable components
printf '%s\n' "$package" > .venv/.package
echo "  the virtual environment is ready" >&2
