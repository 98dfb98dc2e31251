# k8s-hardening: every target does its own set-up.

STACK ?= dev
KH := .venv/bin/k8s-hardening
PY := .venv/bin/python
CONFIG := --config components/pyproject.toml
# There are many modules of tests: each run after the first takes them compiled.
PYTEST := env -u PYTHONDONTWRITEBYTECODE $(PY) -m pytest -c components/pyproject.toml --rootdir .
CODE := components tests policy-pack examples __main__.py

.DEFAULT_GOAL := help
.PHONY: help setup engine preview up render test test-unit test-thorough test-e2e test-cluster test-kernel lint format docs pack-config lock bench clean

help: ## Show all targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "  Variables: STACK=dev (the environment), ARGS='...' (more arguments of pulumi), YES=1 (up asks nothing)"

setup: ## Make the virtual environment from the lock file
	@tools/venv.sh

engine: setup ## Obtain the Pulumi engine and the Kubernetes provider
	@$(KH) engine

preview: setup ## Preview an environment, judged by the policy pack
	@$(KH) preview --stack $(STACK) -- $(ARGS)

up: setup ## Preview with the pack first, then apply an environment
	@$(KH) up --stack $(STACK) $(if $(YES),--yes) -- $(ARGS)

render: setup ## Write an environment's manifests and host files to out/, without an engine
	@$(KH) render --stack $(STACK) --out out/render-$(STACK)

test: setup ## Run all tests: unit tests while the engine is made, the thorough ones, then those with the real engine
	@$(MAKE) --no-print-directory -j2 engine test-unit
	@$(MAKE) --no-print-directory test-thorough test-e2e

test-unit: setup ## Run the tests that need no engine and are quick
	@tools/debian.sh unit || true
	@$(PYTEST) -q -m "not thorough and not e2e and not cluster and not kernel" -n 2

test-thorough: setup ## Run those that try every fixture, every odd shape, drawn worlds or sources of others
	@tools/debian.sh unit || true
	@$(PYTEST) -q -m thorough -n 2

test-e2e: engine ## Run the tests with the real engine
	@$(PYTEST) -q -m e2e -n 2 tests/e2e

test-cluster: engine ## Run the tests with real API servers
	@$(PYTEST) -q -m cluster -n 2 --dist loadfile tests/cluster

test-kernel: setup ## Run the AppArmor loader and its profiles in a real kernel, emulated (5 min at most)
	@tools/debian.sh kernel || true
	@$(PYTEST) -q -m kernel tests/kernel

lint: setup ## ruff, mypy --strict and the contracts of the layers
	@.venv/bin/ruff check $(CONFIG) $(CODE)
	@.venv/bin/ruff format $(CONFIG) --check $(CODE)
	@.venv/bin/mypy --config-file components/pyproject.toml components/k8s_hardening tests
	@cd components && ../.venv/bin/lint-imports

format: setup ## Format the code
	@.venv/bin/ruff format $(CONFIG) $(CODE)
	@.venv/bin/ruff check $(CONFIG) --fix $(CODE)

docs: setup ## Write the generated documentation anew
	@$(KH) controls --format markdown > docs/controls.md
	@$(KH) baseline --format markdown > docs/baseline.md
	@$(KH) cnis --format markdown > docs/cnis.md
	@$(KH) ledger --format markdown > docs/ledger.md
	@$(KH) ledger --by-dialect > docs/control-plane.md
	@$(KH) reach --stack dev --format svg > docs/reach-dev.svg

pack-config: setup ## Write the pack's configuration of every environment from its baseline
	@$(KH) pack-config $(patsubst Pulumi.%.yaml,--stack %,$(wildcard Pulumi.*.yaml))

lock: setup ## Lock the dependencies anew, with hashes
	@cd components && ../.venv/bin/pip-compile --quiet --allow-unsafe --extra dev --generate-hashes --strip-extras \
	  --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --output-file ../requirements.lock pyproject.toml

bench: engine ## Measure what docs/performance.md reports; ARGS=--write puts the figures there
	@$(PY) -m tests.bench $(ARGS)

clean: ## Remove what the targets made in this checkout, but not what was applied (out/STACK and its state, .work)
	@rm -rf .venv out/render-* .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
