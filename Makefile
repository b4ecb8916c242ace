# `make` runs the quick profile on a fresh machine, `make test` the tests. `make help` lists the rest.
# `make V=1` shows every message of Snakemake's, which else go to its log file.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
DEVELOP := .venv/.develop

# tests beside each other; each takes one core and about 1 GB
TEST_PROCESSES ?= 2

.DEFAULT_GOAL := quick
.PHONY: quick paper install verify test mutants bench bench-peers check docs help

quick: $(READY)  ## set up, run the quick profile, and say what was made
	@$(BIN)/hessian-boundary run all --config profile=quick --summarise $(if $(V),-v)

paper: $(READY)  ## the full study: 5 seeds and the paper's epochs
	@$(BIN)/hessian-boundary run all --config profile=paper --summarise $(if $(V),-v)

install: $(READY)  ## set up .venv, and run nothing

verify: $(READY)  ## say of every artifact: fresh, stale, damaged, missing or unknown (PROFILE=quick)
	$(BIN)/hessian-boundary verify --profile $(or $(PROFILE),quick)

test: $(DEVELOP)  ## set up and run the tests (minutes)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(TEST_PROCESSES) --dist loadfile --no-loadscope-reorder -m "not slow"

mutants: $(DEVELOP)  ## which changes of the science no test notices (ROOM=statistics SAMPLE=100)
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.mutants $(ROOM) $(if $(SAMPLE),--sample $(SAMPLE))

bench: $(DEVELOP)  ## measure the speed-ups against their baselines (about 15 minutes)
	$(BIN)/python -m benchmarks

bench-peers: .venv-peers/.ready  ## the same against other libraries, in an environment of their own
	OMP_NUM_THREADS=1 .venv-peers/bin/python -m benchmarks.peers

.venv-peers/.ready: benchmarks/requirements-peers.txt
	$(PYTHON) -m venv .venv-peers
	$(PIP_ENV) .venv-peers/bin/python -m pip install -r $<
	$(PIP_ENV) .venv-peers/bin/python -m pip install --no-deps --editable .
	@touch $@

check: $(DEVELOP)  ## lint, format and type checks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile workflow/rules
	$(BIN)/mypy

docs: $(DEVELOP)  ## build the documentation into site/, every link checked
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict
	@echo "open site/index.html"

# errors only: no progress, no warnings, no advice about pip itself
PIP_ENV := PIP_QUIET=2 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
INSTALL := $(PIP_ENV) $(BIN)/python -m pip install

$(READY): requirements.txt pyproject.toml
	@echo "installing the packages of requirements.txt into .venv (some minutes)"
	@$(PYTHON) -m venv .venv
	@$(INSTALL) --editable .
	@touch $@

$(DEVELOP): $(READY) requirements-dev.txt requirements-docs.txt
	@$(INSTALL) --requirement requirements-dev.txt --requirement requirements-docs.txt
	@touch $@

help:  ## list the commands
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 13
