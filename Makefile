# make demo   a market with people, listings and moving auctions, on this machine alone
# make test   every test, against a real PostgreSQL and Redis that it brings along
# All it needs is Python 3.11+ and make; everything else is installed into .venv, by hash.

.DEFAULT_GOAL := demo
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input --quiet
WEB := $(BIN)/python scripts/build_client.py --run
LOCK := UV_SYSTEM_CERTS=1 $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" --quiet

.PHONY: setup setup-dev client demo test check check-server check-client format api bench screenshots wheel lock clean

# The client needs packages of npm; without them the server still runs, so a failure here is a notice.
setup: $(VENV)/.run-ready
	@$(BIN)/python scripts/build_client.py --optional

setup-dev: $(VENV)/.dev-ready

# The web client, when something in web/ has changed since it was built.
client: $(VENV)/.run-ready
	@$(BIN)/python scripts/build_client.py

demo: setup
	$(BIN)/outcry demo

test: setup-dev client
	$(WEB) test
	$(BIN)/python -m pytest -n auto $(ARGS)

check: setup-dev
	@$(WEB) node-modules
	@$(MAKE) -j2 --output-sync check-server check-client

check-server:
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/lint-imports

check-client:
	$(BIN)/python -m outcry openapi | $(WEB) api - --check
	$(WEB) check

format: setup-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(WEB) format

# The client's types of the API, from the server's own document.
api: setup-dev
	$(BIN)/python -m outcry openapi | $(WEB) api -

bench: setup-dev
	$(BIN)/python -m bench $(ARGS)

# Every page of the sample world, phone and desktop, light and dark, into screenshots/: to be looked at.
screenshots: setup-dev client
	$(BIN)/python -m scripts.screenshots

# One file that serves everything, the client too.
wheel: client
	$(BIN)/python -m hatchling build -t wheel

# Newer versions within pyproject's bounds: make lock ARGS=--upgrade
lock: setup-dev
	$(LOCK) $(ARGS) --group build --output-file requirements.lock
	$(LOCK) $(ARGS) --group build --group dev --constraint requirements.lock --output-file requirements-dev.lock
	$(subst pyproject.toml,,$(LOCK)) $(ARGS) --group node --output-file requirements-node.lock

clean:
	rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis .import_linter_cache dist build \
		src/outcry/client web/dist web/node_modules
	find src tests bench -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

# The first Python that runs and is new enough; `make PYTHON=/path/to/python3` chooses another.
$(VENV)/.made:
	@python=""; \
	for candidate in $(or $(PYTHON),python3 python3.13 python3.12 python3.11 python); do \
		if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python="$$candidate"; break; fi; \
	done; \
	if [ -z "$$python" ]; then echo "Outcry needs Python 3.11 or newer: install it, or name it with PYTHON=/path/to/python3" >&2; exit 1; fi; \
	rm -rf $(VENV); \
	if ! "$$python" -m venv $(VENV); then \
		rm -rf $(VENV); echo "Python's venv module is missing; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; \
	fi; \
	touch $@

$(VENV)/.run-ready: $(VENV)/.made requirements.lock pyproject.toml
	@echo "Installing Outcry into $(VENV) (once; a minute or so)"
	@$(PIP) install --require-hashes --no-deps -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev-ready: $(VENV)/.run-ready requirements-dev.lock
	@echo "Installing what tests and checks need"
	@$(PIP) install --require-hashes --no-deps -r requirements-dev.lock
	@touch $@
