# Every target makes .venv itself; all it needs is make and Python 3.11 or newer.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# More processes than processors, because many tests wait for a server or a command.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) * 2)')
SCHEMA_URL ?= https://www.sume.so/api/v1/openapi.json

.DEFAULT_GOAL := help
.PHONY: help demo test test-all types lint format regen check-generated drift bench pictures lock clean

help: ## what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# --- the environment ---------------------------------------------------------
# One environment, three depths: run (the package and its extras), dev (tests,
# types, regeneration), full (peers for the benchmarks, third-party checkers).
$(VENV)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; say: make PYTHON=/path/to/python3.11")'
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/%: scripts/locks/%.txt pyproject.toml | $(VENV)/python
	@echo "installing the '$*' environment into $(VENV) ..."
	@$(PIP) --require-hashes -r scripts/locks/$*.txt
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

demo: | $(VENV)/run ## the main job, end to end, on the embedded sandbox; no key needed
	@$(BIN)/python -m sume_ext.sandbox.demo demo-output

test: $(VENV)/dev ## every test that belongs to each change
	@$(BIN)/python -m pytest -n $(WORKERS) -m "not slow"

test-all: test $(VENV)/full ## the slower checks by third-party tools, too
	@$(BIN)/python -m pytest -n auto -m slow

types: $(VENV)/full ## mypy strict and pyright, which must agree
	@$(BIN)/python -m mypy
	@$(BIN)/python -m pyright --warnings

lint: $(VENV)/dev ## ruff, without changing a file
	@$(BIN)/python -m ruff check .
	@$(BIN)/python -m ruff format --check .

format: $(VENV)/dev ## ruff, changing files
	@$(BIN)/python -m ruff check --fix-only .
	@$(BIN)/python -m ruff format .

regen: $(VENV)/dev ## fetch the schema and regenerate the client; SCHEMA=path for a file
	@$(BIN)/python -m scripts.regen $(if $(SCHEMA),--schema "$(SCHEMA)",--url "$(SCHEMA_URL)")

check-generated: $(VENV)/dev ## the committed generated/ is what the committed schema makes
	@$(BIN)/python -m scripts.regen --check

drift: $(VENV)/dev ## what the live schema changed, and what that means here; SCHEMA=path for a file
	@$(BIN)/python -m scripts.drift $(if $(SCHEMA),--schema "$(SCHEMA)",--url "$(SCHEMA_URL)") $(DRIFT_FLAGS)

bench: $(VENV)/full ## speed, as ratios beside peers in one run
	@$(BIN)/python -m tests.benchmarks

pictures: $(VENV)/dev ## the README's pictures, from real runs against the sandbox
	@$(BIN)/python -m scripts.pictures

UV_LOCK = $(BIN)/uv pip compile --quiet pyproject.toml --all-extras --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-header --no-annotate
lock: $(VENV)/dev ## newest versions into the lock files
	@$(UV_LOCK) --upgrade --group full -o scripts/locks/full.txt
	@$(UV_LOCK) -c scripts/locks/full.txt --group dev -o scripts/locks/dev.txt
	@$(UV_LOCK) -c scripts/locks/full.txt --group build -o scripts/locks/run.txt

clean: ## everything that make made
	@rm -rf $(VENV) demo-output dist build .mypy_cache .pytest_cache .ruff_cache .hypothesis
