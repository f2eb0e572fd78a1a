PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help install demo test check lint types format golden docs tables fuzz mutants pictures bench build clean

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

install: .venv/ready ## set up the virtual environment

.venv/ready: pyproject.toml constraints.txt tools/setup.py
	@$(PYTHON) tools/setup.py

demo: .venv/ready ## see the product work: a simulated tenant, plan, publish, diff
	@$(BIN)/python tools/demo.py

test: .venv/ready ## set up and run every test on all cores; about three minutes on two (ARGS=-n0: on one)
	@$(BIN)/python -m pytest -n auto --dist worksteal $(ARGS)

check: lint types test ## what CI runs: lint, types, tests

lint: .venv/ready ## ruff: rules and format
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .

types: .venv/ready ## mypy, strict
	@$(BIN)/mypy

format: .venv/ready ## let ruff rewrite
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

golden: .venv/ready ## render the golden scripts and the list of shapes again and show what changed
	@$(BIN)/python -m tests.golden_files && git diff --stat -- tests/golden templates/ps1/shapes.json

docs: .venv/ready ## write the rows about the kinds in README and docs, and show what changed
	@$(BIN)/python -m tests.kind_rows && git diff --stat -- README.md docs

tables: .venv/ready ## cut our rows from the tables of 5.1 and .NET 4.8: make tables COMMANDS=FILE MEMBERS=FILE
	@$(BIN)/python -m tests.windows_tables $(COMMANDS) $(MEMBERS) && git diff --stat

fuzz: .venv/ready ## new random phonebooks and scripts, and a hundred times as many hostile texts: make fuzz COUNT=1000
	@$(BIN)/python -m tests.fuzz $(or $(COUNT),1000) $(SEED)

mutants: .venv/ready ## put faults into the templates: does a test fail for each? (ARGS=--sample, -v, --only TEXT)
	@$(BIN)/python -m tools.mutants $(ARGS)

pictures: .venv/ready ## draw the README's pictures from a real run
	@$(BIN)/python -m tools.pictures

bench: .venv/ready ## ratios and times side by side: start-up, many packages, plan, verify (ARGS=--before FOLDER)
	@$(BIN)/python tools/bench.py $(ARGS)

build: .venv/ready ## build the wheel into dist/
	@$(BIN)/python -m hatchling build -t wheel

clean: ## remove what the other targets made
	rm -rf .venv dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
