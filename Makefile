# Everything that a person or CI runs. `make` alone lists it.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

# One tool chain: Python's tools, node and npm all come from .venv, whatever the machine has.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export VIRTUAL_ENV := $(CURDIR)/.venv
# Nor does what it imports come from anywhere else.
unexport PYTHONPATH
# The tests start many processes: each would compile everything again on a machine that keeps no bytecode.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
TEST_WORKERS ?= 2
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header $(LOCK_OPTIONS)

# A stamp's name holds the hash of what it was made from, so a checkout that only touches files rebuilds nothing.
hash_of = $(shell cat $(1) 2>/dev/null | git hash-object --stdin)
ENVIRONMENT := .venv/.made/$(call hash_of,pyproject.toml requirements/uv.txt requirements/dev.txt)
NODE_MODULES := web/node_modules/.made-$(call hash_of,web/package.json web/package-lock.json web/.npmrc)
WEB_SOURCES := git ls-files -coz --exclude-standard web | xargs -0 cksum 2>/dev/null | sort
WEB_APP := src/firstfix/web_dist/.made-$(shell $(WEB_SOURCES) | git hash-object --stdin)

.PHONY: help setup run test check format openapi fuzz bench wheel lock clean

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(ENVIRONMENT) $(WEB_APP) ## Install everything into .venv and build the web app

run: setup ## Start Firstfix with a demonstration organisation
	exec firstfix serve --demo

test: setup ## Run every test
	cd web && npm test
	@if scripts/chromium >/dev/null; then \
	  pytest -n $(TEST_WORKERS); \
	else \
	  pytest -n $(TEST_WORKERS) --ignore=tests/e2e; \
	  echo "Browser tests did not run: there is no Chromium here and none could be installed."; \
	  test -z "$${CI:-}"; \
	fi

check: setup ## Lint, check types, layers and generated files
	ruff check
	ruff format --check
	mypy src tests benchmarks
	lint-imports
	firstfix openapi | diff --brief web/openapi.json - || { echo "web/openapi.json is stale: run make openapi" >&2; exit 1; }
	cd web && npm run generate -- --check && npm run lint && npm run typecheck

format: $(ENVIRONMENT) ## Format Python and fix what can be fixed
	ruff check --fix-only
	ruff format

openapi: $(ENVIRONMENT) $(NODE_MODULES) ## Export web/openapi.json and the client's types from it
	firstfix openapi > web/openapi.json
	cd web && npm run generate

fuzz: setup ## Put generated requests to every operation, for long
	pytest tests/fuzz --hypothesis-profile=long

bench: setup ## Measure this machine side by side with a yardstick
	python -m benchmarks

wheel: setup ## Build dist/*.whl with the web app inside
	uv build --quiet --wheel --no-build-isolation --python .venv --out-dir dist

lock: $(ENVIRONMENT) ## Lock the dependencies again; LOCK_OPTIONS=--upgrade takes newer ones
	$(LOCK) pyproject.toml --output-file requirements/runtime.txt
	$(LOCK) pyproject.toml --group dev --constraint requirements/runtime.txt --output-file requirements/dev.txt
	$(LOCK) - --output-file requirements/uv.txt <<< uv

clean: ## Remove what was built, and .venv
	rm -rf .venv dist web/node_modules src/firstfix/web_dist

$(ENVIRONMENT):
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Firstfix needs Python 3.11 or newer: make PYTHON=…")'
	$(PYTHON) -m venv .venv
	pip install --quiet --require-hashes --requirement requirements/uv.txt
	uv pip install --quiet --compile-bytecode --require-hashes --requirement requirements/dev.txt
	uv pip install --quiet --no-deps --no-build-isolation --editable .
	rm -rf $(@D) && mkdir $(@D) && touch $@

$(NODE_MODULES): | $(ENVIRONMENT)
	cd web && npm ci
	touch $@

$(WEB_APP): | $(NODE_MODULES)
	cd web && npm run build
	rm -f $(@D)/.made-* && touch $@
