# Everything a developer does. `make` alone lists it. Needs git, make and Python 3.11 to 3.14.

VENV ?= .venv
ATTEMPT ?= examples/appointment.yaml
LINE ?= examples/lines/appointment.yaml
# Rehearsals mostly wait, so more tests than cores can run at once.
WORKERS ?= 3

BIN := $(VENV)/bin
READY := $(VENV)/.ready
# Looked for only when the environment is built.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null && echo "$$python" && break; done)
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input --quiet

# What the image installs is what was tested, without the extras.
COMPILE := $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-annotate --no-emit-index-url \
	--python-version 3.11 --custom-compile-command "make lock"

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

.PHONY: help
help: ## List the commands
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(READY) ## Build the environment in .venv, once

.PHONY: call
call: $(READY) ## Conduct a whole call on a simulated line (ATTEMPT=, LINE=)
	@$(BIN)/voice-worker rehearse $(ATTEMPT) --line $(LINE)

.PHONY: test
test: $(READY) ## Check format, lint, types and import contracts, then run the tests
	@$(BIN)/ruff format --check --quiet . || { echo "Not formatted: run 'make format'." >&2; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python -m pytest -q -n $(WORKERS) --maxschedchunk 1 --ignore tests/e2e -m "not live"
	@$(BIN)/python -m pytest -q -n $(WORKERS) --no-loadscope-reorder --ignore tests/e2e -m live # real time: it waits more than it works
	@$(BIN)/python -m pytest -q tests/e2e/test_worker.py # one whole call on a real phone; all of them: make e2e

.PHONY: e2e
e2e: $(READY) ## Run every end-to-end test on a real LiveKit, bridge and phones: they want a quiet machine
	@$(BIN)/python -m pytest -q tests/e2e

.PHONY: soak
soak: $(READY) ## Run the long matrices on a real LiveKit: about half an hour
	@$(BIN)/python -m pytest -q -o python_files='soak_*.py' --timeout 3600 tests/soak

.PHONY: schemas
schemas: $(READY) ## Make docs/schemas anew, after any change to a model
	@$(BIN)/voice-worker schemas docs/schemas

.PHONY: format
format: $(READY) ## Format the code and fix what can be fixed
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

.PHONY: bench
bench: $(READY) ## Measure latencies against a plain LiveKit session
	@$(BIN)/python -m bench

.PHONY: lock
lock: $(READY) ## Resolve both lock files anew from pyproject.toml
	@$(PIP) install uv
	@$(COMPILE) --all-extras --output-file requirements.lock pyproject.toml $(UPGRADE)
	@$(COMPILE) --constraint requirements.lock --output-file requirements-runtime.lock pyproject.toml $(UPGRADE)

.PHONY: clean
clean: ## Remove the environment and every cache; recorded calls stay
	@rm -rf $(VENV) *.egg-info .mypy_cache .pytest_cache .ruff_cache .import_linter_cache build
	@find agent audio bench tests tools -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 to 3.14 is needed; none was found. Set PYTHON=/path/to/python3." >&2; exit 1; }
	@echo "Building $(VENV) with $$($(PYTHON) --version)" >&2
	@$(PYTHON) -m venv $(VENV) || { echo "The venv module is missing: install python3-venv or your system's like." >&2; exit 1; }
	@echo "Installing requirements.lock, about 600 MB: a minute or two the first time" >&2
	@$(PIP) install --require-hashes --requirement requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@
