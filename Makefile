# The commands of this project; `make help` lists them. They need Python 3.11 or newer with venv, make and git.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
GENERATOR := .venv-generator

.DEFAULT_GOAL := help

.PHONY: help
help:  ## List the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

# What users of the package need, which is little; the tools of its developers come on top.
# The version is in what pip notes down, so a new one is installed anew.
$(BIN)/.usable: pyproject.toml arize_queues/_version.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[emulator,progress]'
	@touch $@

$(BIN)/.ready: $(BIN)/.usable
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

$(GENERATOR)/.ready: openapi/generator-requirements.txt
	$(PYTHON) -m venv $(GENERATOR)
	$(GENERATOR)/bin/python -m pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

.PHONY: install
install: $(BIN)/.ready  ## Set up the environment

.PHONY: demo
demo: $(BIN)/.usable  ## Run a labelling team's day on the emulator
	$(BIN)/python -m scripts.demo $(ARGS)

.PHONY: spec
spec: $(BIN)/.ready  ## Make the spec anew from an upstream document: make spec UPSTREAM=<file or URL>
	$(BIN)/python -m scripts.spec --upstream "$(UPSTREAM)"

.PHONY: spec-diff
spec-diff: $(BIN)/.ready  ## Tell what changed upstream: make spec-diff UPSTREAM=<file or URL> [ARGS=--changelog]
	$(BIN)/python -m scripts.specdiff --upstream "$(UPSTREAM)" $(ARGS)

.PHONY: generate
generate: $(BIN)/.ready $(GENERATOR)/.ready  ## Make the raw client anew from the spec
	$(BIN)/python -m scripts.codegen

.PHONY: check-generated
check-generated: $(BIN)/.ready $(GENERATOR)/.ready  ## Fail where the raw client is not what the spec makes it
	$(BIN)/python -m scripts.codegen.check

.PHONY: lint
lint: $(BIN)/.ready  ## Check style, formatting and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

.PHONY: typecheck
typecheck: $(BIN)/.ready  ## Check types, twice
	$(BIN)/mypy
	$(BIN)/basedpyright --level error

.PHONY: unit
unit: $(BIN)/.ready  ## Run tests alone: make unit ARGS="tests/bulk -k ledger"
	$(BIN)/pytest --numprocesses auto $(ARGS)

.PHONY: coverage
coverage: $(BIN)/.ready  ## Run all tests, and fail if they reach too little of arize_queues
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest --numprocesses auto -m "not slow and not nightly"
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report
	$(BIN)/pytest --numprocesses auto -m slow

.PHONY: parity
parity: $(BIN)/.ready  ## Hold the parity cases against Arize's own clients
	$(BIN)/python -m scripts.parity $(ARGS)

.PHONY: parity-cases
parity-cases: $(BIN)/.ready  ## Write tests/parity/cases.json anew from the cases
	$(BIN)/python -m scripts.parity --expand

.PHONY: bench
bench: $(BIN)/.ready  ## Measure, and write tests/benchmarks/RESULTS.md
	$(BIN)/python -m tests.benchmarks $(ARGS)

.PHONY: soak
soak: $(BIN)/.ready  ## Share one client among 32 threads, then 200 tasks, for a minute each
	$(BIN)/python -m tests.benchmarks.soak $(ARGS)

.PHONY: wheel
wheel: $(BIN)/.ready  ## Build the wheel, and test it with the source gone
	$(BIN)/python -m scripts.release $(if $(DIST),--output "$(DIST)")

.PHONY: check
check: lint typecheck  ## Run the inner loop, about a minute: style, types, the fast tests
	TEST_TIER=check $(BIN)/pytest --numprocesses auto -m "not slow and not nightly"

.PHONY: test
test: lint typecheck check-generated coverage wheel  ## Run every check: what CI runs

.PHONY: nightly
nightly: test soak  ## Run what takes long: everything, soak, and property tests with many examples
	TEST_TIER=nightly $(BIN)/pytest --numprocesses auto -m ""
