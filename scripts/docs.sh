#!/usr/bin/env bash
# Build the site of docs/ into build/site: docs.sh PYTHON. Its tools are the extra `docs`, in an
# environment of their own, .venv-docs, without cuelens and PyTorch: the sources are only read, but
# for those of the command line.
set -euo pipefail
cd "$(dirname "$0")/.."
python=$1 environment=.venv-docs

if ! [ "$environment/.installed" -nt constraints.txt ] || ! [ "$environment/.installed" -nt pyproject.toml ]; then
  "$python" -m venv --clear "$environment"
  "$environment/bin/python" - > "$environment/requirements.txt" <<'EOF'
import pathlib
import tomllib

project = tomllib.loads(pathlib.Path("pyproject.toml").read_text())["project"]
print("\n".join(project["optional-dependencies"]["docs"]))
EOF
  "$environment/bin/python" -m pip install --quiet --disable-pip-version-check \
    --constraint constraints.txt --requirement "$environment/requirements.txt"
  touch "$environment/.installed"
fi
NO_MKDOCS_2_WARNING=1 "$environment/bin/python" -m mkdocs build --strict
echo "$PWD/build/site/index.html"
