# wealthwatch: `make help` lists what there is to make.

PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
# Side by side, one process a core; more than four want more memory than they save time.
SIDE_BY_SIDE := --numprocesses auto --maxprocesses 4 --dist worksteal
# Tests on Apache Kafka wait more than they work: three of them, each with a broker of its own.
ON_KAFKA := --broker kafka --numprocesses 3 --dist worksteal
NATIVE := build/native
PEERS := build/bench-venv
# Runs what follows on the compiled core, where there is one; without the first of the two, Python would find the sources of this folder first.
ON_NATIVE := PYTHONSAFEPATH=1 PYTHONPATH=$(CURDIR)/$(NATIVE)

.DEFAULT_GOAL := help
.PHONY: help run native test test-native test-oracle test-kafka test-long test-faults check bench bench-latency bench-recovery bench-rules bench-scale soak profile peers backtest schemas docs lock clean

help: ## List what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "  ARGS=... is handed on: make run ARGS='--customers 100', make test ARGS='-k portfolio'"

run: $(VENV)/.run ## Show it: a bank, its movements, and the managers' inbox, on this machine
	@$(BIN)/wealthwatch demo $(ARGS)

test: $(VENV)/.dev ## Run the test suite on the embedded broker
	@$(BIN)/python -m pytest $(SIDE_BY_SIDE) $(ARGS)

native: $(NATIVE)/.made ## Compile the decision core into build/native (needs a C compiler)

test-native: $(NATIVE)/.made ## Run the tests of the decision core on the compiled one
	@$(ON_NATIVE) $(BIN)/python -m pytest --override-ini pythonpath=$(NATIVE) --core compiled $(SIDE_BY_SIDE) tests/streams --ignore tests/streams/test_stores.py $(ARGS)

test-oracle: $(NATIVE)/.made ## Hold a year of 5,000 customers, decided by the compiled core, to SQL (20 minutes)
	@$(ON_NATIVE) $(BIN)/wealthwatch --version
	@$(ON_NATIVE) $(BIN)/python -m tests.oracle.year $(ARGS)

test-kafka: $(VENV)/.dev ## Run the tests that need a broker on Apache Kafka (Java 17 and Maven)
	@$(BIN)/python -m tests.brokers.apache
	@$(BIN)/python -m pytest $(ON_KAFKA) $(ARGS)

test-long: $(NATIVE)/.made $(PEERS)/.made ## Run what takes minutes on Apache Kafka: workers and brokers that stand still, stop, and starve
	@$(BIN)/python -m tests.brokers.apache
	@$(BIN)/python -m pytest --long $(ON_KAFKA) $(ARGS)

test-faults: $(NATIVE)/.made ## Kill, freeze and starve workers and brokers under load, and hold what is left against a backtest
	@$(BIN)/python -m tests.brokers.apache
	@$(ON_NATIVE) $(BIN)/python -m tests.faults.run $(ARGS)

check: $(VENV)/.dev ## Check style, types and architecture
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(NATIVE)/.made $(PEERS)/.made ## Measure movements a second beside Kafka Streams, Quix Streams and Faust, on Apache Kafka (25 minutes)
	@$(ON_NATIVE) $(BIN)/wealthwatch --version
	@$(ON_NATIVE) $(BIN)/python -m tests.bench.throughput $(ARGS)

bench-latency: $(NATIVE)/.made $(PEERS)/.made ## Measure from a movement's append to its notification, beside Kafka Streams (10 minutes)
	@$(ON_NATIVE) $(BIN)/wealthwatch --version
	@$(ON_NATIVE) $(BIN)/python -m tests.bench.latency $(ARGS)

profile: $(NATIVE)/.made $(PEERS)/.made ## Draw where the detector's time goes under load, as a flame graph
	@$(ON_NATIVE) $(BIN)/python -m tests.bench.flame $(ARGS)

peers: $(PEERS)/.made ## Install what only the benchmark needs, into a place of its own

bench-recovery: $(NATIVE)/.made ## Measure the recovery of a million customers' state on Apache Kafka
	@$(BIN)/python -m tests.brokers.apache
	@$(ON_NATIVE) $(BIN)/wealthwatch --version
	@$(ON_NATIVE) $(BIN)/python -m tests.bench.recovery $(ARGS)

bench-rules: $(NATIVE)/.made ## Measure what each rule costs a movement, on a simulated bank
	@$(ON_NATIVE) $(BIN)/wealthwatch --version
	@$(ON_NATIVE) $(BIN)/python -m tests.bench.rules $(ARGS)

bench-scale: $(NATIVE)/.made ## Measure a turn with 10 thousand to 10 million customers, in memory and on disk (half an hour, 40 GB of disk)
	@$(ON_NATIVE) $(BIN)/wealthwatch --version
	@$(ON_NATIVE) $(BIN)/python -m tests.bench.scale $(ARGS)

soak: $(NATIVE)/.made ## Hold half of the load for half an hour: does memory grow? ARGS=--faults: does all survive deaths all the while?
	@$(BIN)/python -m tests.brokers.apache
	@$(ON_NATIVE) $(BIN)/wealthwatch --version
	@$(ON_NATIVE) $(BIN)/python -m tests.bench.soak $(ARGS)

backtest: $(VENV)/.run ## Run the rules over history: make backtest ARGS='bank.jsonl --compare other.toml'
	@$(BIN)/wealthwatch backtest $(ARGS)

schemas: $(VENV)/.run ## Write the JSON Schema of every message to build/schemas
	@$(BIN)/wealthwatch schemas export build/schemas

docs: $(VENV)/.run ## Write docs/rules.md from the rules, and docs/performance.md from bench/
	@$(BIN)/python -m wealthwatch.tuning.document > docs/rules.md
	@$(BIN)/python -m tests.bench.document > docs/performance.md

lock: ## Resolve the dependencies anew and lock them with hashes (needs uv)
	@for set in run native dev; do uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --upgrade \
		--extra demo --extra postgres --extra rocksdb --group build $$([ $$set = run ] || echo --group $$set) pyproject.toml -o requirements/$$set.txt || exit 1; done
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --upgrade \
		--group pyproject.toml:bench -o requirements/bench.txt

clean: ## Remove what was made here
	@rm -rf $(VENV) .kafka build dist

# The compiled core is made anew when any of this has other contents than when it was made, whatever its time; without a compiler there is none.
build/sources: FORCE
	@mkdir -p build
	@find schemas streams handlers wealthwatch hatch_build.py pyproject.toml requirements/native.txt -type f ! -name '*.py[co]' | \
		LC_ALL=C sort | xargs cksum > $@.now && if cmp -s $@.now $@; then rm $@.now; else mv $@.now $@; fi

FORCE:

$(NATIVE)/.made: build/sources $(VENV)/.dev
	@rm -rf $(NATIVE)
	@if $(BIN)/python -c "$$has_compiler"; then \
		echo "compiling the decision core into $(NATIVE), which takes a minute" && \
		HATCH_BUILD_HOOK_ENABLE_CUSTOM=true $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation \
			--target $(NATIVE) . && touch $@; \
	else echo "no C compiler, or no headers of Python: the decision core stays interpreted, and slow" \
		"(on Debian and Ubuntu: apt-get install gcc libc6-dev python3-dev)" >&2; fi

define has_compiler
import shutil, sys, sysconfig
from pathlib import Path
compiler = (sysconfig.get_config_var("CC") or "cl").split()[0]
sys.exit(not (shutil.which(compiler) and Path(sysconfig.get_path("include"), "Python.h").is_file()))
endef
export has_compiler

# What is installed stands in stamp files, so that nothing is installed twice.
$(VENV)/.run: requirements/run.txt pyproject.toml | $(BIN)/python
	@$(call install,run)

$(VENV)/.dev: requirements/dev.txt pyproject.toml | $(BIN)/python
	@$(call install,dev)
	@touch $(VENV)/.run

# Quix Streams wants other versions than ours, so the peers have an environment of their own, and of the project only its sources.
$(PEERS)/.made: requirements/bench.txt | $(BIN)/python
	@echo "installing requirements/bench.txt into $(PEERS)"
	@rm -rf $(PEERS) && $(BIN)/python -m venv $(PEERS)
	@$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/bench.txt
	@touch $@

define install
	echo "installing requirements/$(1).txt into $(VENV)" && \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements/$(1).txt && \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable . && \
	touch $(VENV)/.$(1)
endef

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "wealthwatch needs Python 3.11 or newer: install it, or name it: make $(MAKECMDGOALS) PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "wealthwatch needs Python 3.11 or newer, and $(PYTHON) is older: make $(MAKECMDGOALS) PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "$(PYTHON) cannot make virtual environments: on Debian and Ubuntu, apt-get install python3-venv" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)
