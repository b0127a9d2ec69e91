PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO := demo-results
SITE := NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

.PHONY: setup demo demo-networks reference test check fix docs clean

setup: $(VENV)/.ready

# Re-installs when the project file changes, and only then.
$(VENV)/.ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable ".[dev]"
	-$(BIN)/python -m pip install --quiet --no-deps resemblyzer==0.1.4  # the weights of `dvector`
	@touch $@

DEMO_RUN := $(BIN)/sabench run --dataset aibo:5class --results $(DEMO)/results
DEMO_SEEDS := --seed 0 --seed 1 --seed 2 --seed 3 --seed 4

# Does one neutral utterance help? On two simulated corpora: in one speakers differ, in the other they do not.
demo: setup
	$(BIN)/python -m sabench_plugins.simulation.pair $(DEMO)
	for twin in speakers-differ speakers-alike; do \
		$(DEMO_RUN) --root $(DEMO)/$$twin --adapter svm,svm-neutral,svm-norm --draw first,other-speaker && \
		$(DEMO_RUN) --root $(DEMO)/$$twin --adapter mlp,film,film-difference --draw first,other-speaker $(DEMO_SEEDS) \
		|| exit 1; \
	done
	$(BIN)/sabench leaderboard --results $(DEMO)/results --output $(DEMO)/leaderboard.html

# The paper's networks beside its support vector machines, on the corpus whose speakers differ. One thread each: two side by
# side are faster than one with two threads, and far faster where other work takes the cores.
demo-networks: setup
	$(BIN)/python -m sabench_plugins.simulation.pair $(DEMO)
	$(DEMO_RUN) --root $(DEMO)/speakers-differ --adapter resnet,resnet-norm,twochannel,eresnet --draw first,other-speaker \
		--preset small --set adapter.width=0.0625 --set adapter.crop_s=1.28 --threads 1
	$(BIN)/sabench leaderboard --results $(DEMO)/results --output $(DEMO)/leaderboard.html

# Recompute every score of the reference set and write its page.
reference: setup
	$(BIN)/python reference/check.py

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
