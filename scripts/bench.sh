#!/usr/bin/env bash
# Run one benchmark: bench.sh NAME PYTHON [ROW ...]; ROW is how the rows to measure begin. Where
# bench/peers/NAME.txt lists packages, they go into an environment of their own, .venv-bench,
# without what they depend on (their pins are stale).
set -euo pipefail
cd "$(dirname "$0")/.."
name=$1 python=$2
shift 2

if ! [ -f "bench/$name.py" ]; then
  names=$(cd bench && grep -l __main__ -- *.py | sed 's/\.py$//' | paste -sd ' ')
  echo "NAME must be a benchmark of bench/ ($names), got '$name'." >&2
  exit 1
fi
environment=.venv
if [ -f "bench/peers/$name.txt" ]; then
  environment=.venv-bench
  if ! [ "$environment/.installed" -nt constraints.txt ]; then
    scripts/setup.sh "$python" "$environment" . >&2
  fi
  "$environment/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps \
    --requirement "bench/peers/$name.txt" >&2
fi
PYTHONPATH=. exec "$environment/bin/python" "bench/$name.py" "$@"
