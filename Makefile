# Every command a developer needs. `make run` and `make test` work as the first one, on a machine with nothing but make
# and Python 3.11 or newer (with venv). Variables: ARGS for the program that a target runs, PYTHON for the interpreter.

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
export BUF_CACHE_DIR := $(CURDIR)/.cache/buf

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup run test check format lint types proto verify wheel load bench

help: ## list these targets
	@sed -n 's/^\([a-z]*\):.*## /\1	/p' $(MAKEFILE_LIST) | while IFS='	' read -r name text; do printf '  %-8s %s\n' "$$name" "$$text"; done

setup: $(INSTALLED) ## make .venv and install what requirements.lock pins; `run` and `test` do it by themselves

$(INSTALLED): requirements.lock pyproject.toml
	@sh tools/setup.sh $(VENV)
	@touch $@

run: $(INSTALLED) ## run everything on this machine: `syncline dev`
	@$(BIN)/syncline dev $(ARGS)

test: $(INSTALLED) ## run the tests
	$(BIN)/python -m pytest -n auto --maxprocesses 8 --dist loadscope $(ARGS)

check: lint types verify test wheel ## all that CI checks

format: $(INSTALLED) ## format the code and the contract, and mend what can be mended
	$(BIN)/ruff check --no-cache --fix --quiet .
	$(BIN)/ruff format .
	$(BIN)/buf format -w proto

# without its cache, which does not see that an import is ours only since another file is there
lint: $(INSTALLED) ## check format and style of the code and of the contract
	$(BIN)/ruff format --check .
	$(BIN)/ruff check --no-cache .
	$(BIN)/buf lint
	$(BIN)/buf format --diff --exit-code proto

types: $(INSTALLED) ## check the types
	$(BIN)/mypy

proto: $(INSTALLED) ## generate what is made from the contract: stubs, and the document of the HTTP API
	$(BIN)/python tools/stubs.py write
	$(BIN)/python tools/openapi.py write

verify: $(INSTALLED) ## check that what is generated is up to date, and that the contract breaks no caller
	$(BIN)/python tools/stubs.py verify
	$(BIN)/python tools/openapi.py verify
	$(BIN)/python tools/breaking.py

wheel: $(INSTALLED) ## build the wheel, and try it where there are no sources
	$(BIN)/python tools/wheel_check.py

load: $(INSTALLED) ## load scenarios with ghz; needs Go, to install ghz
	@sh tools/ghz.sh .cache/bin
	PYTHONPATH=tests $(BIN)/python -m load.run --ghz .cache/bin/ghz $(ARGS)

bench: $(INSTALLED) ## print how fast it is on this machine
	$(BIN)/python -m pytest -m benchmark -s tests/benchmarks $(ARGS)
