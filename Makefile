# Two commands matter: make demo, make test. `make help` lists the rest.
# Recipes are silent and installers talk on standard error, so that the last line of
# standard output is the result of the command.
SHELL := /bin/sh
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
ARGS ?=
BENCH := .venv-bench
TABLES ?= encoders cascade languages titles contacts grouping stream made_streams finder_cost tickets fixes
SOURCES := bridge models integrations tests benchmarks

.PHONY: help setup demo test fmt lint types imports check backlog bench faults screenshots clean
.SILENT:

help:  ## list the targets
	grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort

# The interpreter must be 3.11 or newer; python3.11 is tried when python3 is older.
$(BIN)/python:
	py=$(PYTHON); $$py -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || py=python3.11; \
	$$py -m venv $(VENV) >&2

$(VENV)/.runtime: requirements.txt pyproject.toml | $(BIN)/python
	echo "installing into $(VENV), once, some minutes" >&2
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt >&2
	touch $@

$(VENV)/.development: requirements.txt requirements-dev.txt pyproject.toml | $(BIN)/python
	echo "installing the development set into $(VENV), once, some minutes" >&2
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt >&2
	touch $@ $(VENV)/.runtime

setup: $(VENV)/.development  ## make .venv with the development set

demo: $(VENV)/.runtime  ## start everything with sample contacts and the Jira sandbox
	exec $(BIN)/bridge demo $(ARGS)

test: $(VENV)/.development  ## run the whole test suite
	$(BIN)/python -m pytest -n 4 --dist worksteal $(ARGS)

fmt: $(VENV)/.development  ## format the code
	$(BIN)/ruff format $(SOURCES)
	$(BIN)/ruff check --fix $(SOURCES)

lint: $(VENV)/.development  ## format check and lint
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check $(SOURCES)

types: $(VENV)/.development  ## mypy, strict
	$(BIN)/mypy

imports: $(VENV)/.development  ## who may import whom
	$(BIN)/lint-imports

check: lint types imports test  ## the gate: what CI runs

# Tools to measure against stay out of .venv: heavy ones, and two under the GPL.
$(BENCH)/.installed: benchmarks/requirements.txt requirements.txt | $(BIN)/python
	$(BIN)/python -m venv $(BENCH) >&2
	$(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check -r benchmarks/requirements.txt >&2
	touch $@

backlog: $(VENV)/.development  ## drain what an outage left: 500 filings, 2,000 counts (15 min)
	BRIDGE_BACKLOG=500 $(BIN)/python -m pytest -n 0 -s tests/acceptance/test_backlog.py

bench: $(BENCH)/.installed  ## measure against other tools, into docs/benchmarks.md (hours)
	for table in $(TABLES); do $(BENCH)/bin/python -m benchmarks.$$table || exit 1; done

faults: $(VENV)/.development  ## kill workers anywhere and let Jira misbehave: a table (hours)
	$(BIN)/python -m tests.faults $(ARGS)

screenshots: $(VENV)/.runtime  ## make the pictures of the docs (needs chromium)
	$(BIN)/python docs/make_screenshots.py

clean:  ## remove the environment and caches, never the data folder
	rm -rf $(VENV) $(BENCH) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache dist build
