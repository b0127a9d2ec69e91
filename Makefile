PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO := demo-results
SITE := NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

.PHONY: setup demo test check fix docs clean

setup: $(VENV)/.ready

# Re-installs when the project file changes, and only then.
$(VENV)/.ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable ".[dev]"
	@touch $@

# The seed paper's six systems and the one-utterance baseline on a small simulated twin of FAU-AIBO.
demo: setup
	$(BIN)/sabench run --adapter svm --adapter svm-norm --adapter svm-neutral \
		--adapter resnet --adapter resnet-norm --adapter twochannel --adapter eresnet \
		--dataset aibo --task 5class --simulated --scale 0.02 \
		--preset small --set adapter.width=0.0625 --set adapter.epochs=12 --results $(DEMO)
	$(BIN)/sabench leaderboard --results $(DEMO) --output $(DEMO)/leaderboard.html

test: check
	$(BIN)/python -m pytest
	$(BIN)/python tests/wheel.py

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(SITE) --quiet
	SABENCH_CACHE=.pytest_cache/sabench $(BIN)/python -m pytest --doctest-modules sabench plugins -q

fix: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: setup
	$(BIN)/python docs/generate_cli.py
	$(BIN)/python docs/generate_checks.py
	$(SITE)

clean:
	rm -rf build dist site $(DEMO) .mypy_cache .pytest_cache .ruff_cache
