# Needs Python 3.11 or later and make; everything else it fetches from PyPI, pinned by hash, into this folder.
PYTHON ?= python3
PORT ?=
DATA ?=
FUNNEL ?=
KEEP ?=
TABLE ?=
WORKSPACE ?=
RUNTIME ?= python3.13
ARCHITECTURE ?= arm64
PARAMETERS ?=

venvs := .local/venvs
bootstrap := $(venvs)/bootstrap
uv := UV_PYTHON_DOWNLOADS=never $(CURDIR)/$(bootstrap)/bin/uv
python := .venv/bin/python
sam := SAM_CLI_TELEMETRY=0 $(venvs)/sam/bin/sam
pytest := $(python) -m pytest
# tests/conftest.py says which tests stay together.
parallel := -n auto

.DEFAULT_GOAL := help
.PHONY: help setup assets up down demo replay simulate lock check test-fast test bench sbom licences build deploy key clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

# ----------------------------------------------------------------------------------------------------------------------
# Set-up: one environment for the project, one for each tool that cannot share it. A stamp tells that one is complete.
# ----------------------------------------------------------------------------------------------------------------------
environments := .venv $(venvs)/sam $(venvs)/ministack
assets := layers/assets/lifecycle_assets/manifest.json
setup: $(environments:%=%/complete) $(assets) ## all tools and libraries (the other targets call it)

$(bootstrap)/complete: requirements/bootstrap.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Python 3.11 or later is needed, and $(PYTHON) is not ($$($(PYTHON) --version 2>&1))."; \
		echo "Name another one: make $(MAKECMDGOALS) PYTHON=python3.13"; exit 1; }
	@echo "setting up: the installer"
	@$(PYTHON) -m venv $(bootstrap) || { \
		echo "Python cannot make virtual environments here. On Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@$(bootstrap)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

# $(1): the folder of the environment, $(2): what to say, $(3): its requirements
define environment
	@echo "setting up: $(2)"
	@test -x $(1)/bin/python || $(bootstrap)/bin/python -m venv --without-pip $(1)
	@$(uv) pip sync --quiet --require-hashes --python $(1)/bin/python $(3)
endef

# The .pth file lets `lifecycle` and `local` be imported from everywhere, as if they were installed.
.venv/complete: requirements/dev.txt $(bootstrap)/complete
	$(call environment,.venv,libraries and tests,$<)
	@printf '%s\n' "$(CURDIR)" "$(CURDIR)/layers/lifecycle" \
		> "$$($(python) -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/prospect_lifecycle.pth"
	@touch $@

$(venvs)/sam/complete: requirements/sam.txt $(bootstrap)/complete
	$(call environment,$(venvs)/sam,the SAM CLI,$<)
	@touch $@

$(venvs)/ministack/complete: requirements/ministack.txt $(bootstrap)/complete
	$(call environment,$(venvs)/ministack,the emulator of AWS,$<)
	@touch $@

# Not part of the set-up: only `make check`, `make sbom` and `make licences` want these two.
$(venvs)/security/complete: requirements/security.txt $(bootstrap)/complete
	$(call environment,$(venvs)/security,what looks for weaknesses,$<)
	@touch $@

# What the layers are made of and nothing else, to be listed.
$(venvs)/layer/complete: layers/lifecycle/requirements.txt layers/analytics/requirements.txt $(bootstrap)/complete
	$(call environment,$(venvs)/layer,the libraries of the layers,$(filter %.txt,$^))
	@touch $@

# npm and node, where this machine has none.
$(venvs)/node/complete: requirements/node.txt $(bootstrap)/complete
	$(call environment,$(venvs)/node,npm and node,$<)
	@touch $@

# What the pages load: fetched, held against its hashes, bundled. AssetsLayer is made of it.
has_npm := $(and $(shell command -v npm),$(shell command -v node))
$(assets): $(wildcard assets/*) local/assets.py .venv/complete $(if $(has_npm),,$(venvs)/node/complete)
	@echo "setting up: the files of the pages"
	@$(python) -m local.assets
assets: $(assets) ## the files that the pages load (the other targets call it)

# Nor is this: only `make bench` wants it.
$(venvs)/bench/complete: requirements/bench.txt $(bootstrap)/complete
	$(call environment,$(venvs)/bench,what the engine is measured beside,$<)
	@touch $@

compile := pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --upgrade
lock: $(bootstrap)/complete ## newer versions of everything, within what requirements/*.in say
	$(uv) $(compile) requirements/bootstrap.in -o requirements/bootstrap.txt
	$(uv) $(compile) layers/lifecycle/requirements.in -o layers/lifecycle/requirements.txt
	$(uv) $(compile) layers/analytics/requirements.in -o layers/analytics/requirements.txt
	$(uv) $(compile) layers/analytics/requirements-python3.11.in -o layers/analytics/requirements-python3.11.txt
	$(uv) $(compile) requirements/dev.in -o requirements/dev.txt
	$(uv) $(compile) requirements/node.in -o requirements/node.txt
	$(uv) $(compile) requirements/sam.in -o requirements/sam.txt
	$(uv) $(compile) requirements/ministack.in -o requirements/ministack.txt
	$(uv) $(compile) requirements/bench.in -o requirements/bench.txt
	$(uv) $(compile) requirements/security.in -o requirements/security.txt

# ----------------------------------------------------------------------------------------------------------------------
# The laptop
# ----------------------------------------------------------------------------------------------------------------------
up: setup ## the whole system on this machine; PORT=... where a certain one is wanted
	@$(python) -m local.stack up $(if $(PORT),--port $(PORT))

down: setup ## stop it, and forget its data
	@$(python) -m local.stack down

demo: setup ## half a year of one organisation, through the API of the local stack
	@$(python) -m local.demo

replay: setup ## the same with real data: DATA=<folder>
	@test -n "$(DATA)" || { echo "Say which data: make replay DATA=<folder>"; exit 1; }
	@$(python) -m local.replay "$(DATA)"

simulate: setup ## what a funnel would do to the prospects of the local stack: FUNNEL=<path>, KEEP=1 keeps the draft
	@test -n "$(FUNNEL)" || { echo "Say which funnel: make simulate FUNNEL=<path to YAML or JSON>"; exit 1; }
	@$(python) -m local.simulate "$(FUNNEL)" $(if $(KEEP),--keep)

# ----------------------------------------------------------------------------------------------------------------------
# Checks and tests
# ----------------------------------------------------------------------------------------------------------------------
sources := $(wildcard layers/lifecycle/lifecycle functions local tests)

check: setup $(venvs)/security/complete licences ## lint, format, types, imports, the template, weaknesses, licences
	$(python) -m ruff check .
	$(python) -m ruff format --check .
	$(python) -m mypy $(sources)
# Its cache has missed imports of the functions, which are packages without __init__.py.
	.venv/bin/lint-imports --no-cache
	.venv/bin/cfn-lint template.yaml
	$(sam) validate --lint --region us-east-1
# What is excepted, and why: pyproject.toml and .checkov.yaml.
	$(venvs)/security/bin/bandit --quiet --configfile pyproject.toml --recursive functions layers/lifecycle/lifecycle local
	$(venvs)/security/bin/checkov --config-file .checkov.yaml

test-fast: setup ## the unit tests, in under a minute
	@$(pytest) $(parallel) tests/unit

test: check ## everything, with a deployment of the template to a stack of its own
	@$(pytest) $(parallel) --durations 15 --durations-min 10 $(wildcard tests/unit tests/integration tests/e2e)

bench: up $(venvs)/bench/complete ## the figures that README.md names, measured here
	@$(python) -m tests.bench.fold
	@$(python) -m tests.bench.big_funnel
	@$(python) -m tests.bench.translation
	@PYTHONPATH=layers/lifecycle $(venvs)/bench/bin/python -m tests.bench.criteria
	@$(python) -m tests.bench.reports
	@$(python) -m tests.bench.requests
	@$(python) -m tests.bench.simulation
	@$(python) -m tests.bench.simulation_over_http

bench-dashboard: setup ## how soon reports and the dashboard are there with 100,000 prospects, on a stack of its own: PROSPECTS=...
	@$(python) -m tests.bench.dashboard $(if $(PROSPECTS),--prospects $(PROSPECTS))

# ----------------------------------------------------------------------------------------------------------------------
# What the layers are made of
# ----------------------------------------------------------------------------------------------------------------------
bill := .local/sbom.cdx.json

sbom: setup $(venvs)/security/complete $(venvs)/layer/complete ## a bill of materials of the layers (CycloneDX) in .local
	@$(venvs)/security/bin/cyclonedx-py environment --PEP-639 --output-reproducible --outfile $(bill) \
		$(venvs)/layer/bin/python
	@echo "written: $(bill)"

licences: sbom ## the layers' libraries, those of the pages too, and their licences; fails where one is not allowed
	@$(python) -m local.licences $(bill)

# ----------------------------------------------------------------------------------------------------------------------
# AWS
# ----------------------------------------------------------------------------------------------------------------------
overrides := --parameter-overrides Runtime=$(RUNTIME) Architecture=$(ARCHITECTURE) $(PARAMETERS)

build: setup ## what `make deploy` deploys: RUNTIME=python3.13 ARCHITECTURE=arm64
	@find functions layers -name __pycache__ -prune -exec rm -rf {} +
	RUNTIME=$(RUNTIME) ARCHITECTURE=$(ARCHITECTURE) PYTHON=$(CURDIR)/$(bootstrap)/bin/python $(sam) build $(overrides)

deploy: build ## to the AWS account of your environment; more with PARAMETERS="AlarmTopicArn=... LogRetentionDays=90"
	$(sam) deploy $(overrides)

key: setup ## an API key of a workspace in AWS: TABLE=<output TableName> WORKSPACE=acme [NAME=crm SCOPES="ingest read" EXPIRES=90]
	@test -n "$(TABLE)" -a -n "$(WORKSPACE)" || { echo "Say where and for whom: make key TABLE=... WORKSPACE=..."; exit 1; }
	@$(python) -m local.key --table "$(TABLE)" --workspace "$(WORKSPACE)" $(if $(NAME),--name "$(NAME)") \
		$(if $(SCOPES),--scopes $(SCOPES)) $(if $(EXPIRES),--expires "$(EXPIRES)")

clean: ## stop the local stack and remove all that make has made
	@test ! -x $(python) || for folder in .local $(wildcard .local/e2e-* .local/bench); do $(python) -m local.stack down --state-dir $$folder; done
	rm -rf layers/assets/lifecycle_assets .local .aws-sam .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -prune -exec rm -rf {} +
