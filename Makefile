# The commands of this project. Each creates what it needs; the second call is quick.
#
#   make demo         a report from the bundled documents: no key, no network
#   make test         lint, types and tests
#   make help         the rest

SHELL := /bin/sh
.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin

# The first Python that the pins are made for; `make PYTHON=/path/to/python3.12 …` chooses another.
PYTHON ?= $(shell for candidate in python3 python3.13 python3.12 python3.11; do \
	$$candidate -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo $$candidate && break; done)

export PIP_DISABLE_PIP_VERSION_CHECK := 1

PIP := $(BIN)/python -m pip --quiet --quiet
MYPY := MYPYPATH=$(VENV)/types $(BIN)/python -m mypy

.PHONY: help demo test lint format types unit test-long test-cost test-faults bench bench-start bench-documents wheel demo-from-wheel constraints clean

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' Makefile | awk -F '|' '{ printf "  make %-16s %s\n", $$1, $$2 }'

demo: $(VENV)/.runtime ## write a report from the bundled documents: no key, no network
	@$(BIN)/tertulia demo

test: lint types unit ## lint, types and tests

lint: $(VENV)/.development ## check style and format
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .

format: $(VENV)/.development ## put the code into its format
	$(BIN)/python -m ruff check --fix-only .
	$(BIN)/python -m ruff format .

types: $(VENV)/.development ## check the types
	$(MYPY) -p tertulia

unit: $(VENV)/.development ## run the tests; ARGS=… goes to pytest
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal -m "not long" $(ARGS)

test-long: $(VENV)/.development ## run the tests that take many seconds each
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal -m long $(ARGS)

# Most of a run is waiting for a model that asks for it, so there are more workers than cores.
test-faults: $(VENV)/.development ## a hundred runs against models that misbehave: a few minutes
	FAULT_RUNS=100 $(BIN)/python -m pytest --numprocesses 6 --dist worksteal tests/faults $(ARGS)

test-cost: $(VENV)/.development ## fifty runs with a cap of about half of what they usually use: a minute or two
	COST_RUNS=50 $(BIN)/python -m pytest --numprocesses auto --dist worksteal tests/end_to_end/test_cost.py $(ARGS)

# How often each thing is done; what is left out is done once. At most 400 points before and after writes exist.
DURABILITY ?= kills=200 writes=400 approvals=100 firsts=50 doubles=40 replays=200

test-durability: $(VENV)/.development ## kill the command hundreds of times and compare the reports; long
	DURABILITY="$(DURABILITY)" $(BIN)/python -m pytest tests/durability --numprocesses auto --dist worksteal $(ARGS)

bench: $(VENV)/.development ## how fast a run is, on a simulator; ARGS="3 8 --json FILE --svg FILE" chooses cases
	@$(BIN)/python benchmarks/speed/bench.py $(ARGS)

bench-start: $(VENV)/.development ## how quickly the command starts, in processor time; ARGS="--runs 9 --whole"
	@$(BIN)/python benchmarks/start.py $(ARGS)

bench-documents: $(VENV)/.development ## how fast documents are loaded and searched; ARGS="1000 --json FILE" chooses
	@$(BIN)/python benchmarks/documents/bench.py $(ARGS)

# setuptools builds in build/, and what an earlier build left there would be packed too.
wheel: $(BIN)/python ## build dist/tertulia-*.whl
	@rm -rf build dist
	@echo "Building the wheel"
	@$(PIP) wheel --no-deps --wheel-dir dist .
	@rm -rf build
	@ls dist/*.whl

demo-from-wheel: wheel ## install the wheel into an empty environment elsewhere and run the demo there
	@.ci/demo-from-wheel $(BIN)/python

constraints: $(BIN)/python ## resolve all dependencies again and pin them in constraints.txt
	@$(PIP) install uv
	$(BIN)/python -m uv pip compile pyproject.toml --universal --python-version 3.11 --all-extras --group dev \
		--upgrade --no-header --no-annotate --quiet --output-file constraints.txt

clean: ## remove the environment and everything that was built
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .langgraph_api
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "tertulia needs Python 3.11, 3.12 or 3.13: install one, or name it: make PYTHON=/path/to/python3 …" >&2; exit 2; }
	@echo "Creating $(VENV) with $(PYTHON)"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(VENV)/.runtime: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing tertulia and what it needs into $(VENV) (a minute or two, once)"
	@$(PIP) install --constraint constraints.txt --editable .
	@touch $@

# The repository root is the package, so the type checker is shown the root under the package's name.
$(VENV)/.development: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing tertulia and its development tools into $(VENV) (a few minutes, once)"
	@$(PIP) install 'pip>=25.1' # the first that knows dependency groups
	@$(PIP) install --constraint constraints.txt --editable . --group dev
	@mkdir -p $(VENV)/types && ln -sfn ../.. $(VENV)/types/tertulia
	@touch $(VENV)/.runtime $@
