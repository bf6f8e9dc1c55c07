# Every verb of this repository. `make help` lists them; each sets up what it needs.
# Needed: Rust, Python 3.11 or later (PYTHON=... names one), make.

MAKEFLAGS += --no-print-directory
.SHELLFLAGS = -ec
VENV := .venv
INTEROP := .interop
BIN := $(VENV)/bin
XTASK := cargo run --quiet --package xtask --
RUST_SOURCES := $(shell find crates -name '*.rs' -o -name Cargo.toml -o -path '*/generated/*') \
	Cargo.toml Cargo.lock pyproject.toml .cargo/config.toml pyo3-config.txt
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: help demo test test-rust test-python interop bench check format gen docs ci clean

help: ## list the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/.extension ## run the page's example: 50 Documents, async beside sync
	@$(BIN)/python examples/python/demo.py

test: test-rust test-python ## every test that needs nothing but the project

test-rust:
	@echo "== Rust tests"
	@if command -v cargo-nextest >/dev/null 2>&1; then \
		cargo nextest run --cargo-quiet --status-level fail --no-tests pass && cargo test --quiet --doc; \
	else \
		cargo test --quiet; \
	fi

test-python: $(VENV)/.extension
	@scripts/venv $(VENV) $(BIN)/python test
	@scripts/test-python $(VENV)

interop: $(VENV)/.extension ## the tests against a real Jina from PyPI
	@scripts/venv $(VENV) $(BIN)/python test
	@tests/interop/setup $(INTEROP)
	@echo "== tests against a real Jina"
	@$(BIN)/python -m pytest -q tests/interop

bench: ## measure against jina, mosec and a bare echo; minutes, a quiet machine
	@benches/run $(VENV) $(INTEROP)

check: $(VENV)/.extension ## format, lints, types, stubs, layers, snippets
	@scripts/venv $(VENV) $(BIN)/python test
	@scripts/venv $(VENV) $(BIN)/python check
	@scripts/check $(VENV)

format: ## rewrite the sources in the house's format
	@scripts/venv $(VENV) $$(scripts/find-python) build
	@scripts/venv $(VENV) $(BIN)/python check
	cargo fmt --all
	$(BIN)/ruff format -q .
	$(BIN)/ruff check -q --fix .

gen: $(VENV)/.extension ## write again all that is generated: wire code, descriptors, the stub
	@$(XTASK) gen
	@$(XTASK) stubs $(VENV)

docs: $(VENV)/.extension ## the Rust reference, and every snippet of the pages run
	cargo doc --no-deps --quiet
	@$(XTASK) snippets $(BIN)/python

ci: check test interop ## what continuous integration runs

clean: ## remove venvs and caches, not the target folder
	rm -rf $(VENV) $(VENV)-3.* $(INTEROP) .mypy_cache .ruff_cache .pytest_cache

# The extension is built once, in the profile that the tests use, and again only when a source changed.
$(VENV)/.extension: $(RUST_SOURCES) scripts/venv
	@command -v cargo >/dev/null || { echo "cargo is not found: install Rust from https://rustup.rs"; exit 1; }
	@python=$$(scripts/find-python) && scripts/venv $(VENV) "$$python" runtime && scripts/venv $(VENV) "$$python" build
	@echo "== building the extension (the first time takes minutes)"
	@VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/maturin develop -q --features inspect \
		>$(VENV)/build.log 2>&1 || { cat $(VENV)/build.log; exit 1; }
	@touch $@
