# What a person or CI runs; `make` alone lists it. Everything happens in .venv, which `make setup`
# builds with plain pip: one environment for use and development, since torch is most of it.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
OUT ?= cuelens-demo
NAME ?= startup
JOBS ?= 2
COVERAGE ?= --cov
FAST := not slow and not bench
SLOW := slow and not long
# Compiled modules are kept, whatever the environment says: reading them back halves the collection.
# Memory comes in large pages, as the command line asks for it.
TESTS := PYTHONDONTWRITEBYTECODE= OMP_NUM_THREADS=1 THP_MEM_ALLOC_ENABLE=1 $(BIN)/python -m pytest -q -n $(JOBS) --dist worksteal

.PHONY: help setup demo test lint check slow tests long wheel docs bench clean

help:
	@echo 'make setup            build .venv from pyproject.toml and constraints.txt'
	@echo 'make demo             set up, then run `cuelens demo`; prints the path of the report'
	@echo 'make test             set up, then the tests that are not marked slow, with coverage (JOBS=2 COVERAGE=--cov)'
	@echo 'make check            ruff, mypy --strict, import-linter and `make test`'
	@echo 'make slow             the crash, browser and other slow tests'
	@echo 'make tests            `make test` and `make slow` in one go, without coverage'
	@echo 'make long             a study on several processes, killed 50 times'
	@echo 'make wheel            build the wheel and run the demo from it in an empty environment'
	@echo 'make docs             build the site of docs/ into build/site; a broken link fails'
	@echo 'make bench NAME=...   one benchmark of bench/: one JSON object a line (ROWS=... for some rows)'
	@echo 'make clean            remove .venv, its siblings and every cache and build folder'

setup: .venv/.installed

.venv/.installed: pyproject.toml constraints.txt scripts/setup.sh
	@scripts/setup.sh '$(PYTHON)' .venv '.[dev]'

demo: setup
	@$(BIN)/cuelens demo --out '$(OUT)'

test: setup
	$(TESTS) -m '$(FAST)' $(COVERAGE)

lint: setup
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint test

slow: setup
	$(TESTS) -m '$(SLOW)'

# Both in one go, so that the tests are collected once.
tests: setup
	$(TESTS) -m '($(FAST)) or ($(SLOW))'

long: setup
	$(TESTS) -m long

wheel: setup
	@scripts/check_wheel.sh '$(PYTHON)'

docs:
	@scripts/docs.sh '$(PYTHON)'

bench: setup
	@scripts/bench.sh '$(NAME)' '$(PYTHON)' $(ROWS)

clean:
	rm -rf .venv .venv-bench .venv-docs build dist .coverage .mypy_cache .ruff_cache .pytest_cache \
		.import_linter_cache
	find src tests bench examples -name __pycache__ -type d -prune -exec rm -rf {} +
