# The commands of this project; `make help` lists them. They need Python 3.11 or newer with venv, make and git.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
GENERATOR := .venv-generator

.DEFAULT_GOAL := help

.PHONY: help
help:  ## List the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

$(BIN)/.ready: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

$(GENERATOR)/.ready: openapi/generator-requirements.txt
	$(PYTHON) -m venv $(GENERATOR)
	$(GENERATOR)/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

.PHONY: install
install: $(BIN)/.ready  ## Set up the environment

.PHONY: demo
demo: $(BIN)/.ready  ## Run a labelling team's day on the emulator
	$(BIN)/python scripts/demo.py $(ARGS)

.PHONY: spec
spec: $(BIN)/.ready  ## Make the spec anew from an upstream document: make spec UPSTREAM=<file or URL>
	$(BIN)/python scripts/spec.py --upstream "$(UPSTREAM)"

.PHONY: generate
generate: $(BIN)/.ready $(GENERATOR)/.ready  ## Make the raw client anew from the spec
	$(BIN)/python scripts/generate.py

.PHONY: check-generated
check-generated: $(BIN)/.ready $(GENERATOR)/.ready  ## Fail where the raw client is not what the spec makes it
	$(BIN)/python scripts/check_generated.py

.PHONY: lint
lint: $(BIN)/.ready  ## Check style and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

.PHONY: typecheck
typecheck: $(BIN)/.ready  ## Check types, twice
	$(BIN)/mypy
	$(BIN)/basedpyright --level error

.PHONY: unit
unit: $(BIN)/.ready  ## Run the tests alone
	$(BIN)/pytest $(ARGS)

.PHONY: wheel
wheel: $(BIN)/.ready  ## Build the wheel, and test it with the source gone
	$(BIN)/python scripts/test_wheel.py

.PHONY: test
test: lint typecheck check-generated unit wheel  ## Run every check
