#!/bin/sh
# Makes the virtual environment from the hash-checked lock file; does nothing when it is up to date.
set -eu
cd "$(dirname "$0")/.."

is_new_enough() {
    command -v "$1" >/dev/null 2>&1 && "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        is_new_enough "$PYTHON" && command -v "$PYTHON"
        return
    fi
    for candidate in python3.13 python3.12 python3.11 python3 python; do
        if is_new_enough "$candidate"; then
            command -v "$candidate"
            return 0
        fi
    done
    return 1
}

# Settings of tools, from the first [tool...] on, change nothing of what is installed.
wanted=$({ cat requirements.lock tools/venv.sh && sed '/^\[tool\./,$d' components/pyproject.toml; } | cksum)
if [ -x .venv/bin/k8s-hardening ] && [ "$(cat .venv/.ready 2>/dev/null)" = "$wanted" ]; then
    exit 0
fi
if ! python=$(find_python); then
    missing="none is on PATH"
    [ -z "${PYTHON:-}" ] || missing="PYTHON=$PYTHON is none"
    echo "k8s-hardening needs Python 3.11 or newer, and $missing: install it, or name it with PYTHON=/path/to/python3" >&2
    exit 1
fi
echo "making the virtual environment with $("$python" --version) (about 1 min) ..." >&2
rm -rf .venv
"$python" -m venv .venv || {
    echo "$python cannot make virtual environments: install its venv module (Debian and Ubuntu: python3-venv)" >&2
    exit 1
}
install() {
    .venv/bin/python -m pip install --quiet --disable-pip-version-check "$@" || {
        echo "the dependencies cannot be installed: mend what pip says above (its index: PIP_INDEX_URL) and run this again" >&2
        exit 1
    }
}
install --require-hashes -r requirements.lock
install --no-deps --no-build-isolation --editable components
printf '%s' "$wanted" > .venv/.ready
echo "  the virtual environment is ready" >&2
