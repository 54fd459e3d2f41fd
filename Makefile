# Everything starts here; `make` alone explains itself.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin
PICTURES := pictures
WORKERS := 2

# Images: podman or docker, whatever flags the place needs for a build, and the names to push under.
CONTAINER ?= podman
IMAGE_BUILD_FLAGS ?=
IMAGES := cpu gpu serve
REGISTRY := lookalike
VERSION = $(shell sed -n 's/^version = "\(.*\)"$$/\1/p' pyproject.toml)
REVISION = $(shell git describe --always --abbrev=12 --exclude '*' --dirty 2>/dev/null || echo unknown)

.DEFAULT_GOAL := help
.PHONY: help install demo test soak check fix images clean

help:  ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-9s %s\n", $$1, $$2}'

install: $(VENV)/.installed  ## the environment, in .venv (Python 3.11 or newer)

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(RUN)/python -m pip install --quiet --upgrade "pip>=24"
	$(RUN)/python -m pip install --quiet --constraint constraints.txt --editable ".[all,dev]"
	touch $@

demo: install  ## the whole loop on example pictures: fetch, train, compare, release, serve, search
	$(RUN)/python examples/demo.py $(PICTURES)

# Those of one file share their servers and stay in one process.
test: install  ## every test, in WORKERS=2 processes (T=path or K=words narrow it down, in one)
	$(RUN)/python -m pytest $(if $(T)$(K),,--numprocesses $(WORKERS) --dist loadfile) $(T) $(if $(K),-k "$(K)")

soak: install  ## good and bad load on a server for 15 minutes (LOOKALIKE_SOAK_SECONDS=900)
	$(RUN)/python -m pytest -m soak tests/faults

check: install  ## format, lint, types, import contracts, generated pages
	$(RUN)/ruff format --check .
	$(RUN)/ruff check .
	$(RUN)/mypy
	$(RUN)/lint-imports --no-logo
	$(RUN)/python docs/generate.py --check

fix: install  ## format, mend what can be mended, rewrite generated pages and golden files
	$(RUN)/ruff check --fix .
	$(RUN)/ruff format .
	$(RUN)/python docs/generate.py

images: $(IMAGES:%=image-%)  ## container images, printed with their sizes (IMAGES="cpu serve" CONTAINER=docker)

image-%:
	$(CONTAINER) build --file images/$*/Containerfile $(IMAGE_BUILD_FLAGS) \
	  --build-arg VERSION=$(VERSION) --build-arg REVISION=$(REVISION) \
	  --tag $(REGISTRY)/$*:$(VERSION) --tag $(REGISTRY)/$*:$(REVISION) .
	@$(CONTAINER) image inspect --format '{{.Size}}' $(REGISTRY)/$*:$(VERSION) | \
	  awk '{printf "$(REGISTRY)/$*:$(VERSION) is $(REGISTRY)/$*:$(REVISION), %d MB\n", $$1 / 1000000}'

clean:  ## remove the environment and the caches (runs and pictures stay)
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
