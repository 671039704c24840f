#!/usr/bin/env bash
# Build the wheel, install it into an empty environment, and run a small demo from it outside the
# checkout: check_wheel.sh PYTHON.
set -euo pipefail
cd "$(dirname "$0")/.."
checkout=$PWD python=$1
folder=$(cd "$(mktemp -d)" && pwd -P)
trap 'rm -rf "$folder"' EXIT

.venv/bin/python -m hatchling build --target wheel --directory "$folder/dist"
"$python" -m venv "$folder/venv"
# Not compiled beforehand: the one command that runs there imports a part of it.
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-compile \
  --constraint "$checkout/constraints.txt" "$folder"/dist/*.whl

mkdir "$folder/elsewhere"
cd "$folder/elsewhere"
"$folder/venv/bin/cuelens" demo --size small --out "$folder/demo" | tee "$folder/printed"
report=$folder/demo/report.html
if ! [ -s "$report" ]; then
  echo "The demo of the wheel wrote no $report." >&2
  exit 1
fi
if [ "$(tail -n 1 "$folder/printed")" != "$report" ]; then
  echo "The demo must print $report last, got: $(tail -n 1 "$folder/printed")" >&2
  exit 1
fi
"$folder/venv/bin/python" -c "import cuelens; cuelens.load_model('cuelens://cifar10/pgd-linf-8/0')"
echo "The wheel runs the demo outside the checkout, and brings its networks."
