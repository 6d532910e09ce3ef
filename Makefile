# One file that says how to set up, show and check the project. `make help` lists the targets.
#
# Any Python from 3.10 on will do. Names on PATH may be shims of versions that are not active,
# so each candidate is run before it is chosen. Override with `make check PYTHON=python3.12`.

CANDIDATES := python3 python3.14 python3.13 python3.12 python3.11 python3.10 python
USABLE := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))
PYTHON ?= $(shell for p in $(CANDIDATES); do if "$$p" -c '$(USABLE)' >/dev/null 2>&1; then echo "$$p"; break; fi; done)

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
TESTS ?= tests

.PHONY: help demo check check-all check-oldest matrix format lint types test coverage clean

help:  ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 14

$(READY): pyproject.toml
	@test -n "$(PYTHON)" || { echo "No Python 3.10 or newer with venv found on PATH; say make PYTHON=/path/to/python3" >&2; exit 2; }
	"$(PYTHON)" -m venv --clear $(VENV)
	$(BIN)/python -m pip install -qq --disable-pip-version-check --editable '.[dev]'
	@touch $@

demo: $(READY)  ## migrate a copy of the sample application and show what became of it
	@$(BIN)/python examples/demo.py

check: lint types test  ## every check: format, lint, types, tests with the execution tests

check-all: check matrix  ## the same, then the slow tests

matrix: $(READY)  ## the slow tests: every SDK of the matrix, every program through the adapter
	$(BIN)/python -m pytest -q -n auto --dist worksteal -m slow $(TESTS)

# The lower ends of the ranges in pyproject.toml.
OLDEST := click==8.1.0 libcst==1.8.2 packaging==22.0 pydantic==2.7.0 pyyaml==6.0.2

check-oldest:  ## the quick suite with the oldest releases we allow of what we depend on
	"$(PYTHON)" -m venv --clear $(VENV)-oldest
	$(VENV)-oldest/bin/python -m pip install -qq --disable-pip-version-check --editable '.[dev]' $(OLDEST)
	$(VENV)-oldest/bin/python -m pytest -q -n auto --dist worksteal -m "not slow" $(TESTS)

format: $(READY)  ## put the code into the agreed format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: $(READY)  ## check format and lint
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(READY)  ## mypy, strict
	$(BIN)/mypy

test: $(READY)  ## the quick suite; TESTS=tests/test_double.py runs a part
	$(BIN)/python -m pytest -q -n auto --dist worksteal -m "not slow" $(TESTS)

coverage: $(READY)  ## branch coverage of the quick suite
	$(BIN)/python -m pytest -q -n auto --dist worksteal -m "not slow" --cov --cov-report=term $(TESTS)

clean:  ## remove environments and caches
	rm -rf $(VENV) $(VENV)-oldest .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage .coverage.* build dist
