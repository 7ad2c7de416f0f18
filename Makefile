# Home Miner Manager: from a fresh clone with Python 3.11+ and make, each target brings what it needs.
SHELL := /bin/sh
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin
# Stamps carry a checksum of what they stand for, so a second run is instant and a changed pin is noticed.
sum = $(shell cat $(1) | cksum | cut -d' ' -f1)
RUNTIME := $(VENV)/.runtime-$(call sum,requirements/runtime.txt)
DEV := $(VENV)/.dev-$(call sum,requirements/dev.txt requirements/runtime.txt)
NODE := node_modules/.installed-$(call sum,package-lock.json)
WORKERS ?= auto
WITHOUT ?=
PYTEST_ARGS ?=

.PHONY: help run demo test test-home-assistant e2e soak check fix bench openapi pins

help: ## list the targets
	@grep -E '^[a-z0-9-]+:.*## ' Makefile | sed -E 's/^([a-z0-9-]+):.*## /\1|/' \
	  | while IFS='|' read -r target text; do printf '  make %-19s %s\n' "$$target" "$$text"; done

run: $(RUNTIME) $(NODE) ## start everything and print the address of the first page
	@exec $(BIN)/python manage.py up

demo: $(RUNTIME) $(NODE) ## the same with a demo farm: simulated miners and prices, 30 days of history
	@exec $(BIN)/python manage.py demo_farm $(DEMO_ARGS)

test: $(DEV) $(NODE) ## run the tests (browser and PostgreSQL parts where those exist)
	@WORKERS="$(WORKERS)" WITHOUT="$(WITHOUT)" $(BIN)/python tests/run.py $(PYTEST_ARGS)

e2e: $(DEV) $(NODE) ## run the browser journeys only
	@$(BIN)/python -m pytest tests/e2e $(PYTEST_ARGS)

soak: $(DEV) ## live through a simulated year, ask the API thousands of things, break the rules line by line
	@$(BIN)/python -m pytest tests/soak/year.py tests/soak/schema.py tests/strategy/test_kill.py \
	  -n "$(WORKERS)" --dist worksteal $(PYTEST_ARGS) $(SOAK_ARGS)
	@$(BIN)/python tests/mutation/run.py

test-home-assistant: $(DEV) ## prove the plugs against a real Home Assistant (brings 0.8 GB from the package index)
	@sh requirements/home-assistant.sh .cache/home-assistant tests/real/home-assistant.txt
	@HMM_TEST_HOME_ASSISTANT=.cache/home-assistant $(BIN)/python -m pytest tests/real -n 0 $(PYTEST_ARGS)

check: $(DEV) $(NODE) ## format, lint, types, import contracts, templates, migrations, API description
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	@if [ -d templates ]; then $(BIN)/djlint templates --lint --check --quiet; fi
	$(BIN)/hadolint Dockerfile
	HMM_DATA_DIR=.cache/check $(BIN)/python manage.py makemigrations --check --dry-run
	@if [ -f hmm/api.py ]; then HMM_DATA_DIR=.cache/check $(BIN)/python manage.py openapi --check; fi
	$(BIN)/python -m pytest -q tests/house

fix: $(DEV) ## format and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	@if [ -d templates ]; then $(BIN)/djlint templates --reformat --quiet || true; fi

bench: $(DEV) $(NODE) ## measure the numbers the product promises
	@$(BIN)/python manage.py bench $(BENCH_ARGS)

openapi: $(RUNTIME) ## write docs/api/openapi.json
	HMM_DATA_DIR=.cache/check $(BIN)/python manage.py openapi

pins: $(BIN)/python ## compile requirements/*.txt again from *.in (asks the package index)
	@sh requirements/compile.sh

# --- what the targets stand on -------------------------------------------------------------------

$(BIN)/python:
	@sh requirements/venv.sh $(VENV)

$(RUNTIME): | $(BIN)/python
	@if [ ! -e $(DEV) ]; then sh requirements/install.sh $(VENV) requirements/runtime.txt; fi
	@rm -f $(VENV)/.runtime-*; touch $@

$(DEV): | $(BIN)/python
	@sh requirements/install.sh $(VENV) requirements/dev.txt
	@rm -f $(VENV)/.dev-* $(VENV)/.runtime-*; touch $@ $(RUNTIME)

$(NODE): | $(BIN)/python
	@sh requirements/browser-libraries.sh
	@touch $@
