# One word for each thing you do here; `make` alone lists them.
# Everything is installed into .venv, once, and again when the requirements change.

PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3.14 python3; do \
  $$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
  && echo $$p && break; done)
# One process for each core; more than eight would want more memory than most machines have.
WORKERS ?= $(shell cores=$$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2); echo $$((cores > 8 ? 8 : cores)))

VENV := .venv
BIN := $(VENV)/bin
INSTALL = $(BIN)/python -m pip install --quiet -c constraints.txt -e
REQUIREMENTS := pyproject.toml constraints.txt
NOTEBOOKS = $(wildcard notebooks/*.ipynb)
# The cases, which take longest, come first: else one process ends long after the others.
LONGEST_FIRST = $(shell printf '%s\n' $(NOTEBOOKS) | sort -r)

# --dist loadfile: a notebook's cells share one kernel, so one file stays with one worker.
PYTEST = $(BIN)/python -m pytest --durations=15
SPREAD = -n $(WORKERS) --dist loadfile
NBVAL = --nbval --nbval-current-env --nbval-cell-timeout=120 \
  --nbval-sanitize-with=tests/notebooks/sanitize.cfg

# The whole project is seen, datasets/ too, and the first notebook is open.
HOME_PAGE = --ServerApp.root_dir=. --LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb

.PHONY: help lab lite docs test proof study versions mutants bench demo lint notebooks constraints clean

help: ## list these words
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

lab: $(VENV)/.lab ## open the notebooks in JupyterLab
	$(BIN)/jupyter lab $(HOME_PAGE) $(ARGS)

lite: $(VENV)/.lite ## four notebooks as a site that needs no server, in build/lite
	$(VENV)/lite/bin/python docs/lite.py build/lite

docs: $(VENV)/.docs ## the docs site, into build/docs
	$(BIN)/python docs/build_site.py $(ARGS)

demo: $(VENV)/.core ## the automotive case in a terminal
	$(BIN)/python -m twinlab automotive

# Notebooks' results are compared: a progress bar is none, and nobody has played or is enrolled.
test notebooks: export TQDM_DISABLE = 1
test notebooks: export TWINLAB_PLAYED =

# Each process has one core: threads of algebra and trees would only wait for each other.
test: export OMP_NUM_THREADS = 1
test: export OPENBLAS_NUM_THREADS = 1

# Every part runs even when an earlier one failed: one call tells everything there is to mend.
test: $(VENV)/.dev $(VENV)/.lite ## everything: lint, tests, doctests, notebooks, browser
	@status=0; summary=; \
	part() { \
	  name=$$1; shift; echo; echo "== $$name"; \
	  if "$$@"; then summary="$$summary\n  passed  $$name"; \
	  else summary="$$summary\n  FAILED  $$name"; status=1; fi; \
	}; \
	part "lint" $(MAKE) --no-print-directory lint; \
	part "tests and doctests" $(PYTEST) $(SPREAD) -m "not browser"; \
	part "notebooks against their committed results" \
	  $(if $(NOTEBOOKS),$(PYTEST) $(SPREAD) --no-loadscope-reorder $(NBVAL) $(LONGEST_FIRST),echo "there are no notebooks yet"); \
	part "notebooks in a browser" $(PYTEST) -n $(WORKERS) -m browser -rs tests/browser; \
	printf "\n== summary$$summary\n"; exit $$status

proof: $(VENV)/.dev ## 10,400 random scenarios through both engines, restarts among them; 40 lives with a twin
	TWINLAB_SCENARIOS=6500 $(PYTEST) tests/laws/test_equality.py
	TWINLAB_LIVES=40 $(PYTEST) -s tests/cases/test_lives.py

study: $(VENV)/.dev ## every table of learning, factory, relief, organization and risk, beside the figures it must give
	TWINLAB_STUDY=1 $(PYTEST) -s tests/study

versions: $(BIN)/python ## the lowest versions that are allowed, and the newest (half an hour)
	$(BIN)/python tests/versions.py $(ARGS)

mutants: $(VENV)/.dev ## 200 planted faults: how many do the tests catch? (hours)
	$(BIN)/python tests/mutants/mutants.py $(ARGS)

bench: $(VENV)/.dev ## the timings
	$(BIN)/python tests/benchmarks/bench.py $(ARGS)

lint: $(VENV)/.dev ## ruff and mypy
	@status=0; for tool in "ruff check" "ruff format --check" mypy; do \
	  echo "$$tool"; $(BIN)/$$tool || status=1; \
	done; exit $$status

notebooks: $(VENV)/.dev ## run every notebook anew and clean it for a commit
	$(BIN)/python tests/notebooks/clean.py --execute $(NOTEBOOKS)

constraints: ## newest versions that install together, written to constraints.txt
	@: $(call need_python)
	$(PYTHON) -m venv --clear $(VENV)/newest
	$(VENV)/newest/bin/python -m pip install --quiet --upgrade -e '.[dev]'
	sed -n '/^#/p' constraints.txt > $(VENV)/constraints.txt
	$(VENV)/newest/bin/python -m pip freeze --exclude-editable | grep -E '^[A-Za-z0-9_.-]+==' >> $(VENV)/constraints.txt
	mv $(VENV)/constraints.txt constraints.txt
	rm -rf $(VENV)/newest

clean: ## remove .venv and everything that was built or cached
	rm -rf $(VENV) .mutants dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis tests/browser/artefacts
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	find . -name .ipynb_checkpoints -type d -prune -exec rm -rf {} +

# -- the virtual environment ------------------------------------------------------------------

need_python = $(if $(PYTHON),,$(error no Python 3.11 or newer that can make a venv was found: \
install one (on Debian: apt install python3-venv) or say which, as in: make test PYTHON=/path/to/python3))

$(BIN)/python:
	@: $(call need_python)
	$(PYTHON) -m venv $(VENV)

# The stamps are files, so a second call has nothing to do.
$(VENV)/.core: $(REQUIREMENTS) | $(BIN)/python
	$(INSTALL) .
	@touch $@

$(VENV)/.lab: $(REQUIREMENTS) | $(BIN)/python
	$(INSTALL) '.[lab]'
	@touch $@

$(VENV)/.docs: $(REQUIREMENTS) | $(BIN)/python
	$(INSTALL) '.[docs]'
	@touch $@

$(VENV)/.dev: $(REQUIREMENTS) | $(BIN)/python
	$(INSTALL) '.[dev]'
	@touch $@ $(VENV)/.core $(VENV)/.lab $(VENV)/.docs

# An environment of its own: the kernel for the browser disturbs a JupyterLab beside it.
$(VENV)/.lite: docs/lite.txt constraints.txt | $(BIN)/python
	$(BIN)/python -m venv --clear $(VENV)/lite
	$(VENV)/lite/bin/python -m pip install --quiet -c constraints.txt -r docs/lite.txt
	@touch $@
