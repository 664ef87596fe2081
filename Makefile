.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --require-hashes

.PHONY: help run test lint lock bench bench-chat bench-stuff bench-usage docs-shots

help: ## show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: $(VENV)/run.stamp ## serve the portal at http://127.0.0.1:8000
	@$(BIN)/python manage.py prepare
	@exec $(BIN)/python manage.py serve

test: $(VENV)/test.stamp ## run every test, on PostgreSQL with Redis and on the embedded default
	@$(BIN)/python -m tests.services -- $(BIN)/python -m tests.run

bench: $(VENV)/test.stamp ## compare with LiteLLM and Portkey; QUICK=1, ONLY=portal, ROUNDS=3, SERVER=daphne
	@$(BIN)/python -m bench $(if $(QUICK),--quick) $(if $(ONLY),--only $(ONLY)) \
		$(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(SERVER),--portal-server "$(SERVER)")

bench-chat: $(VENV)/test.stamp ## what the chat page weighs, how fast a token is seen, what an open page costs
	@$(BIN)/python -m tests.services -- $(BIN)/python -m bench.chat

bench-stuff: $(VENV)/test.stamp ## how long a search takes in 100,000 things of a million; QUICK=1, ROWS=100000
	@$(BIN)/python -m tests.services -- $(BIN)/python -m bench.stuff $(if $(QUICK),--quick) $(if $(ROWS),--rows $(ROWS))

bench-usage: $(VENV)/test.stamp ## what usage figures cost in a ledger of up to 10,000,000 rows; QUICK=1, ROWS=1000000
	@$(BIN)/python -m tests.services -- $(BIN)/python -m bench.usage $(if $(QUICK),--quick) $(if $(ROWS),--rows $(ROWS))

lint: $(VENV)/dev.stamp ## check style, imports, types, migrations and the lock
	@.ci/lint $(BIN)

lock: $(VENV)/dev.stamp ## renew the pinned requirements from requirements/*.in
	@.ci/lock $(BIN) --upgrade

docs-shots: $(VENV)/test.stamp ## take the README's screenshots
	@$(BIN)/python -m tests.services -- $(BIN)/python -m docs.shots

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "LLM Portal needs Python 3.11 or newer; set PYTHON=…")'
	@echo "Making $(VENV) …"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: requirements.txt | $(VENV)/bin/python
	@echo "Installing what the portal needs (once) …"
	@$(PIP) -r requirements.txt
	@touch $@

$(VENV)/test.stamp: requirements/test.txt $(VENV)/run.stamp
	@echo "Installing what the tests need (once) …"
	@$(PIP) -r requirements/test.txt
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt $(VENV)/test.stamp
	@echo "Installing what the checks need (once) …"
	@$(PIP) -r requirements/dev.txt
	@touch $@
