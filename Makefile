# Puente on one machine: python3 (3.11 to 3.13), make and a network are all it needs. `make help` lists the targets.
PYTHON ?= python3
PORT ?= 8080
TESTS ?= tests

VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL := -m pip install --quiet --disable-pip-version-check --no-input --compile --no-deps --require-hashes
SITE_PACKAGES = "$$($(1)/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"

# Empty is as good as unset: without bytecode every Airflow process compiles some 10,000 files anew.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help demo run test test-fast docs .faults .integration .some .unit-dags-and-pages .protocol .unit-and-shape lint types bench venv mariadb azurite .azurite chromium clean

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1|/p' $(MAKEFILE_LIST) | while IFS='|' read -r what does; do printf '%-18s%s\n' "$$what" "$$does"; done

demo: $(VENV)/.runtime .azurite  ## a demo ERP and shop, carried by real Airflow; fails unless the counts are right
	@$(BIN)/python -m puente.demo

run: $(VENV)/.runtime  ## Airflow's user interface on 127.0.0.1 (PORT=8080) over the demo, until Ctrl-C
	@$(BIN)/python -m puente.demo serve --port $(PORT)

test: $(VENV)/.dev mariadb azurite chromium lint types  ## lint, types and every test (TESTS=tests/unit for some)
	@$(MAKE) --no-print-directory -j2 --output-sync=target $(if $(filter tests,$(TESTS)),.faults .integration .unit-dags-and-pages,.some)

# Two processes at a time for two cores, the longest first, each with a MariaDB of its own.
.faults:
	$(BIN)/python -m pytest tests/faults

.integration:
	$(BIN)/python -m pytest tests/integration

.some:
	$(BIN)/python -m pytest $(TESTS)

test-fast: $(VENV)/.dev  ## unit tests, the Dags' shape, and the protocol on SQLite: within three minutes
	@$(MAKE) --no-print-directory -j2 --output-sync=target .protocol .unit-and-shape

PROTOCOL := landing rows positions captures vendor_queues transitions fidelity pass

.protocol:
	$(BIN)/python -m pytest $(PROTOCOL:%=tests/integration/test_%.py) -k "not mariadb and not mssql"

.unit-and-shape:
	$(BIN)/python -m pytest tests/unit tests/dags/test_parsing.py tests/dags/test_links.py tests/dags/test_connections.py tests/dags/test_dag_page.py

.unit-dags-and-pages:
	$(BIN)/python -m pytest tests/unit tests/dags tests/pages

lint: $(VENV)/.dev  ## ruff: rules (Airflow 3's too) and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev  ## mypy on the library
	$(BIN)/mypy

# Airflow makes folders in its home as soon as it is imported: not in anybody's own, nor in the demo's.
docs: $(VENV)/.dev  ## write anew what is generated: schema files, data contracts, Dags, pitfalls
	@$(BIN)/python -m puente ddl
	@AIRFLOW_HOME=$(CURDIR)/.puente/docs $(BIN)/python -m puente docs
	@PYTHONPATH=tests:plugins $(BIN)/python -m kit.pitfalls

bench: $(VENV)/.runtime $(VENV)-bench/.made  ## Puente beside dlt at 100k and 1M rows on a private MariaDB (long)
	$(BIN)/python benchmarks/run.py

venv: $(VENV)/.dev  ## the virtual environment, complete and locked

clean:  ## remove the virtual environments and the demo
	rm -rf $(VENV) $(VENV)-bench .puente .mypy_cache .ruff_cache .pytest_cache

# ---------------------------------------------------------------- set-up; each stamp is written last
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { \
	  echo "Puente needs Python 3.11, 3.12 or 3.13; $(PYTHON) is $$($(PYTHON) -V 2>&1). Try: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    echo "Installing python3-venv"; apt-get update -qq && apt-get install -y -qq --no-install-recommends python3-venv >/dev/null; \
	  else echo "$(PYTHON) cannot make virtual environments. Install Debian's package: sudo apt-get install python3-venv" >&2; exit 1; fi; }
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

$(VENV)/.runtime: requirements.txt | $(BIN)/python
	@echo "Installing the lock (requirements.txt) into $(VENV)"
	@$(BIN)/python $(PIP_INSTALL) -r requirements.txt
	@echo "$(CURDIR)/plugins" > $(call SITE_PACKAGES,$(VENV))/puente.pth
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.runtime
	@$(BIN)/python $(PIP_INSTALL) -r requirements-dev.txt
	@touch $@

# dlt's environment sees Puente's packages and adds its own.
$(VENV)-bench/.made: requirements-bench.txt $(VENV)/.runtime
	$(BIN)/python -m venv $(VENV)-bench
	@echo $(call SITE_PACKAGES,$(VENV)) > $(call SITE_PACKAGES,$(VENV)-bench)/puente-runtime.pth
	@$(VENV)-bench/bin/python $(PIP_INSTALL) -r requirements-bench.txt
	@touch $@

mariadb:  # the tests start a private server of their own in a temporary folder
	@PATH="$$PATH:/usr/sbin:/usr/local/sbin"; \
	command -v mariadbd >/dev/null || [ -n "$$PUENTE_TEST_MYSQL" ] || \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "Installing mariadb-server"; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends mariadb-server >/dev/null; \
	else \
	  echo "The tests need mariadbd (Debian: sudo apt-get install mariadb-server), or a server where databases may be" >&2; \
	  echo "created, named as PUENTE_TEST_MYSQL=mysql+pymysql://user:password@host:3306" >&2; exit 1; \
	fi

# Microsoft's emulator of Azure Storage. The tests bring npm where they may; the demo does without where it is absent.
azurite:
	@command -v npm >/dev/null || [ "$$(id -u)" != 0 ] || ! command -v apt-get >/dev/null || { \
	  echo "Installing nodejs and npm"; \
	  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends nodejs npm; } >/dev/null 2>&1; }
	@$(MAKE) --no-print-directory .azurite

.azurite: $(VENV)/.runtime
	@test -x $(VENV)/azurite/node_modules/.bin/azurite-blob || { command -v npm >/dev/null && \
	  echo "Installing Azurite" && mkdir -p $(VENV)/azurite && cp tests/kit/azurite/package*.json $(VENV)/azurite/ && \
	  cd $(VENV)/azurite && timeout 300 npm ci --no-audit --no-fund --loglevel=error >/dev/null 2>&1; } || \
	  echo "No Azurite here (it needs node, npm and a network): what needs it is left out"

chromium:  # the pages are used in it by the tests; without it those are skipped
	@command -v chromium >/dev/null || \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  echo "Installing chromium"; \
	  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; } || \
	  echo "Chromium could not be installed: the tests in a browser are skipped" >&2; \
	else \
	  echo "There is no chromium (Debian: sudo apt-get install chromium): the tests in a browser are skipped" >&2; \
	fi
