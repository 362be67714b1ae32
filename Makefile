# Each target is a few lines that one could type. Set-up leaves stamps in .cache/stamps: a step whose inputs are newer runs again.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.PHONY: run test test-s3 check coverage bench bench-vae evaluate-vae evaluate-blend evaluate-gan lint format protos lock train-vae train-gan gallery clean setup setup-check setup-test lint-python lint-training lint-rest page-test

# The environment of set-up is its own, whatever shell it is called from.
unexport UV_PYTHON UV_PROJECT_ENVIRONMENT VIRTUAL_ENV PYTHONPATH PYTHONHOME PYTHONDONTWRITEBYTECODE

# Trust what the machine trusts: pip does, uv and node have to be told.
CERTIFICATES := $(wildcard /etc/ssl/certs/ca-certificates.crt)
ifneq ($(CERTIFICATES),)
export UV_SYSTEM_CERTS ?= true
export NODE_EXTRA_CA_CERTS ?= $(CERTIFICATES)
endif

PYTHON ?= $(shell command -v python3.11 || command -v python3)
export PYTHON
PY := .venv/bin/python
UV := .tools/bin/uv
STAMPS := .cache/stamps

MEMBERS := $(wildcard protos/pyproject.toml libs/*/pyproject.toml services/*/pyproject.toml gateway/pyproject.toml)
CONTRACTS := $(shell find protos/segue -name '*.proto')
PAGE := $(shell find web -path web/node_modules -prune -o -path web/dist -prune -o -type f -print)
WEIGHTS := $(wildcard models/*/manifest.json)

# Serve on http://127.0.0.1:8000 (SEGUE_PORT), data in ./var (SEGUE_DATA). Ctrl-C stops everything.
run: setup
	exec setpriv --pdeathsig TERM env PYTHONPATH=deploy/dev $(PY) -m startall

setup: $(STAMPS)/system $(STAMPS)/stubs $(STAMPS)/page $(STAMPS)/checkpoints

$(STAMPS)/system: deploy/setup/system.sh
	deploy/setup/system.sh run
	@mkdir -p $(@D) && touch $@

$(STAMPS)/uv: locks/uv.txt | $(STAMPS)/system
	@echo "segue: uv, in .tools"
	$(PYTHON) -m venv .tools
	.tools/bin/python -m pip install --quiet --no-deps --require-hashes -r locks/uv.txt
	@touch $@

$(STAMPS)/python: locks/all.txt locks/torch.txt $(MEMBERS) deploy/setup/python.sh | $(STAMPS)/uv
	deploy/setup/python.sh $(UV)
	@touch $@

$(STAMPS)/stubs: $(CONTRACTS) protos/generate.py $(STAMPS)/python
	$(PY) protos/generate.py
	@touch $@

$(STAMPS)/page: $(PAGE) deploy/setup/web.sh | $(STAMPS)/uv
	deploy/setup/web.sh build
	@touch $@

$(STAMPS)/checkpoints: $(WEIGHTS) $(STAMPS)/stubs
	@echo "segue: Magenta checkpoints from models/"
	$(PY) -m vae.models.checkpoint --models models --cache $${SEGUE_DATA:-var}/cache/vae
	@touch $@

setup-test: setup $(STAMPS)/python-test $(STAMPS)/python-bench $(STAMPS)/system-test

$(STAMPS)/python-test: locks/dev.txt $(STAMPS)/python
	@echo "segue: what tests and linters need"
	VIRTUAL_ENV=.venv $(UV) pip install --no-deps --require-hashes -r locks/dev.txt
	@touch $@

$(STAMPS)/python-bench: locks/bench.txt $(STAMPS)/python
	@echo "segue: what benches and evaluations compare with"
	VIRTUAL_ENV=.venv $(UV) pip install --no-deps --require-hashes -r locks/bench.txt
	@touch $@

$(STAMPS)/system-test $(STAMPS)/system-bench: $(STAMPS)/system-%: deploy/setup/system.sh
	deploy/setup/system.sh $*
	@mkdir -p $(@D) && touch $@

# What to run before every commit, under three minutes on two cores: linters, unit tests and doctests, the page's tests.
setup-check: $(STAMPS)/stubs $(STAMPS)/python-test $(STAMPS)/checkpoints

UNIT := -m "not slow and not integration and not s3"
UNIT_vae := services/vae
UNIT_gan := services/gan
UNIT_rest := protos libs gateway deploy tests $(filter-out services/vae services/gan,$(wildcard services/*))

# Two things at a time: TensorFlow and PyTorch are loaded by one process each.
check: setup-check
	$(MAKE) --jobs=2 --output-sync=target unit-gan unit-rest unit-vae lint-python lint-training page-test lint-rest

unit-%:
	$(PY) -m pytest -q $(UNIT) $(UNIT_$*)

page-test:
	deploy/setup/web.sh test

# The members' coverage by their own tests, by line; fails below the floor in pyproject.toml. It takes some minutes.
coverage: setup-check
	$(PY) -m pytest -m "not slow and not s3" libs services gateway protos deploy --cov --cov-report=term:skip-covered

# Everything but S3: linters, contracts, unit tests, the page's tests, the whole product in a browser, faults, images.
test: setup-test lint
	$(PY) -m pytest
	deploy/setup/web.sh test

# The S3 store and the whole chain against a real S3 server (Debian's Ceph gateway).
test-s3: setup-test
	deploy/setup/system.sh s3
	$(PY) -m pytest -m s3 tests/s3

lint: setup-check lint-python lint-training lint-rest

lint-python:
	$(PY) -m ruff check --no-cache
	$(PY) -m ruff format --check
	$(PY) -m mypy

lint-training:
	for service in vae gan transcriber; do \
	  MYPYPATH=services/$$service $(PY) -m mypy $$(find services/$$service/training -name '*.py'); done

lint-rest:
	$(PY) protos/lint.py
	deploy/setup/web.sh lint

format: setup-check
	$(PY) -m ruff check --fix
	$(PY) -m ruff format

# The time of each stage of a 32-bar blend, and each member's own figures.
bench: setup $(STAMPS)/python-bench $(STAMPS)/system-bench
	for script in tests/bench/*.py services/*/bench/*.py; do \
	  echo "== $$script"; $(PY) "$$script"; done

# The blend's stages, and its speed against Magenta's own serving of the same weights, window by window.
bench-vae: setup $(STAMPS)/python-bench
	$(PY) services/vae/bench/blend.py
	$(PY) services/vae/bench/against_magenta.py $(if $(OUT),--out $(abspath $(OUT)))

protos: $(STAMPS)/stubs

lock: $(STAMPS)/uv
	deploy/setup/lock.sh $(UV)

# Train on folders of MIDI, each with an index.csv, on a GPU where torch sees one:
#   make train-vae CORPUS="DIR DIR2" MINUTES=60      make train-gan CORPUS=DIR SYNTHETIC=DIR2 MINUTES=60
# services/*/training/run.sh say what else may be set, and what comes after MINUTES. Runs are in RUNS, results in models/.
MINUTES ?= 60
RUNS ?= $(CURDIR)/var/training
need-corpus = $(if $(CORPUS),,$(error say where the music is: make $@ CORPUS=DIR))

train-vae: setup
	$(need-corpus)MINUTES=$(MINUTES) OUT=$(RUNS)/vae PYTHON=$(PY) services/vae/training/run.sh $(CORPUS)

train-gan: setup $(STAMPS)/python-bench
	$(need-corpus)MINUTES=$(MINUTES) OUT=$(RUNS)/gan PYTHON=$(PY) services/gan/training/run.sh $(CORPUS) $(SYNTHETIC)

# Everything the blend must show, on works that training never saw, each figure beside its baseline:
#   make evaluate-vae CORPUS="DIR DIR2" OUT=assessment.json ROLLS=DIR3
# PAIRS=20 is a smoke run; evaluate.sh says what else may be set.
evaluate-vae: setup $(STAMPS)/python-bench
	$(need-corpus)RUNS=$(RUNS) PYTHON=$(PY) services/vae/training/evaluate.sh $(CORPUS)

# Blends of held-out whole pieces beside simple baselines, as a table of figures with their targets:
#   make evaluate-blend CORPUS="DIR DIR2" OUT=figures.json ROLLS=DIR3
# PAIRS=3 is a smoke run; evaluate_blend.sh says what else may be set.
evaluate-blend: setup $(STAMPS)/python-bench
	$(need-corpus)PYTHON=$(PY) services/vae/training/evaluate_blend.sh $(CORPUS)

# Everything the generator must show, on works that training never saw, beside training music and a baseline's pieces:
#   make evaluate-gan CORPUS=DIR SYNTHETIC=DIR2 OUT=assessment.json
# PIECES=60 is a smoke run, REPORTS=errors,overlap runs only these; evaluate.sh says what else may be set.
evaluate-gan: setup $(STAMPS)/python-bench
	RUNS=$(RUNS) PYTHON=$(PY) services/gan/training/evaluate.sh $(CORPUS) $(SYNTHETIC)

# Make the gallery's pieces again, or ITEMS of them, on the product that runs, and compare the notes. WRITE=1 keeps them.
gallery: setup
	$(PY) -m gateway.gallery make $(ITEMS) --url http://127.0.0.1:$${SEGUE_PORT:-8000} $(if $(WRITE),--write)

# Everything that set-up and runs made, the data folder excepted.
clean:
	rm -rf .venv .tools .cache protos/gen protos/node_modules web/dist web/node_modules uv.lock
