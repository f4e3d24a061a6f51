PYTHON ?= python3
SWEEP ?= optima
ARGS ?=
ROW ?=
PORT ?= 5000
RUN := .venv/bin/python
STILL = (while sleep 30 >/dev/null 2>&1; do echo "still installing"; done) & trap "kill $$! 2>/dev/null" EXIT INT TERM
INSTALL = $(STILL); $(RUN) -m pip install --disable-pip-version-check --constraint requirements.lock --editable
AS_TYPED = set -f; [ -z "$$BASH_VERSION" ] || set +B; exec env # the shell leaves * ? [ ] { } in ARGS as they are

define CHECK_PYTHON
import sys
version = "%d.%d" % sys.version_info[:2]
if sys.version_info < (3, 11):
    sys.exit("nnexp needs Python 3.11 or newer; this is %s; name a newer one, as in: make sweep PYTHON=python3.12" % version)
try:
    import ensurepip, venv
except ImportError:
    sys.exit("this Python lacks venv or ensurepip; on Debian or Ubuntu: sudo apt-get install python%s-venv" % version)
endef
export CHECK_PYTHON

.DEFAULT_GOAL := help
.PHONY: help sweep judge compare truth lecture report basins slices ui sync metrics notebooks lab test check bench bench-tracking bench-backends faults

help: ## show these targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

sweep: .venv/kernels ## run a named sweep (SWEEP=optima), with values changed (ARGS="width=[4,16] seeds=64")
	@$(AS_TYPED) $(RUN) -m nnexp "sweep=$(SWEEP)" $(ARGS)

judge: .venv/kernels ## judge every endpoint of a recorded sweep, without training it again (SWEEP=optima)
	@$(RUN) -m nnexp.judging "$(SWEEP)"

compare: .venv/kernels ## compare where the seeds of a sweep ended: tables and figures in runs/analysis/
	@$(RUN) -m analysis.compare "$(SWEEP)"

truth: .venv/kernels ## reproduce theorems and published figures (ARGS="T3 T7"); the table goes to docs/truths.md
	@$(AS_TYPED) $(RUN) -m analysis.truth $(ARGS)

lecture: .venv/kernels ## the lecture's ideas as figures with checked claims: runs/lecture/index.html (ROW=L7 for one)
	@$(AS_TYPED) $(RUN) -m analysis.lecture $(ROW) $(ARGS)

report: .venv/kernels ## what a sweep asked and found, as one page: runs/analysis/SWEEP/report.html
	@$(RUN) -m analysis.report "$(SWEEP)"

basins: .venv/kernels ## a plane of initial weights, by the optimum that each reaches (SWEEP=xor_minima)
	@$(AS_TYPED) $(RUN) -m analysis.basins "$(SWEEP)" $(ARGS)

slices: .venv/kernels ## J on planes through optima, along a run's way, along random directions (SWEEP=xor_minima)
	@$(AS_TYPED) $(RUN) -m analysis.slices "$(SWEEP)" $(ARGS)

ui: .venv/kernels ## look at the sweeps in MLflow's UI (PORT=5000, ARGS="--host 0.0.0.0 --static-prefix /mlflow")
	@$(RUN) -m nnexp.tracking ui --port "$(PORT)" $(ARGS)

sync: .venv/kernels ## write to MLflow what it lacks of all sweeps on record, or of one (SWEEP=xor_minima), each run once
	@$(RUN) -m nnexp.tracking sync $(if $(filter file,$(origin SWEEP)),,"$(SWEEP)")

metrics: .venv/kernels ## every metric that is logged to MLflow: what it is, and its unit
	@$(RUN) -m nnexp.tracking metrics

notebooks: .venv/notebooks ## execute the analysis notebooks on a recorded sweep
	@SWEEP="$(SWEEP)" $(RUN) -m analysis.notebooks

lab: .venv/notebooks ## open the notebooks in JupyterLab on 127.0.0.1 (SWEEP=xor_minima; without it, the newest sweep)
	@$(AS_TYPED) SWEEP=$(if $(filter file,$(origin SWEEP)),,"$(SWEEP)") $(RUN) -m jupyterlab --ip=127.0.0.1 \
	    --LabApp.default_url=/lab/tree/analysis $(ARGS)

test: .venv/developed ## run the tests
	@$(RUN) -m pytest

check: .venv/developed ## lint, type-check and test
	@$(RUN) -m ruff check .
	@$(RUN) -m ruff format --check .
	@$(RUN) -m mypy
	@$(RUN) -m pytest

bench: .venv/benched ## time the trainer beside PyTorch, JAX, scikit-learn and C++ (ARGS="--quick", ARGS="--workload d")
	@$(RUN) -m pytest tests/bench/test_autodiff.py
	@$(AS_TYPED) PYTHONPATH=tests $(RUN) -m bench $(ARGS)

bench-tracking: .venv/developed ## time what it takes to show sweeps in MLflow; the table goes to docs/tracking.md
	@$(AS_TYPED) PYTHONPATH=tests $(RUN) -m bench.tracking $(ARGS)

bench-backends: .venv/developed ## time what a task costs on each backend; the table goes to docs/backends.md
	@$(AS_TYPED) PYTHONPATH=tests $(RUN) -m bench.backends $(ARGS)

faults: .venv/developed ## do to sweeps what goes wrong around them, at length; the table goes to docs/faults.md
	@$(AS_TYPED) PYTHONPATH=tests $(RUN) -m faults $(ARGS)

.venv/installed: pyproject.toml requirements.lock
	@command -v "$(PYTHON)" >/dev/null || { echo "nnexp needs Python 3.11 or newer; there is no $(PYTHON) here" >&2; exit 2; }
	@"$(PYTHON)" -c "$$CHECK_PYTHON"
	@echo "installing what is pinned in requirements.lock into .venv"
	@"$(PYTHON)" -m venv .venv
	@$(INSTALL) .
	@touch $@

.venv/kernels: .venv/installed $(wildcard nnexp/net/kernels/*.[ch])
	@$(RUN) -m nnexp.net.compiled
	@touch $@

.venv/notebooks: .venv/kernels
	@echo "installing what notebooks need"
	@$(INSTALL) ".[notebooks]"
	@touch $@

.venv/developed: .venv/kernels
	@echo "installing what tests need"
	@$(INSTALL) ".[dev]"
	@touch $@

.venv/benched: .venv/developed
	@echo "installing what the benchmark needs"
	@$(INSTALL) ".[dev,bench]"
	@touch $@
