#!/usr/bin/env bash
# Build an environment: setup.sh PYTHON FOLDER REQUIREMENT. Goes on where it was interrupted.
set -euo pipefail
cd "$(dirname "$0")/.."
python=$1 folder=$2 requirement=$3

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
  echo "cuelens needs Python 3.11 or later, got '${python:-none}'." \
    "Name one: make setup PYTHON=/path/to/python3.11" >&2
  exit 1
fi
if ! "$folder/bin/python" -m pip --version >/dev/null 2>&1; then
  "$python" -m venv --clear "$folder"
fi
echo "Installing cuelens and what it needs into $folder ..." >&2
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check --no-compile \
  --constraint constraints.txt --editable "$requirement"
# pip compiles on one core. What cannot be compiled is meant for other versions of Python.
"$folder/bin/python" -m compileall -qq -j 0 "$folder/lib" || true
touch "$folder/.installed"
