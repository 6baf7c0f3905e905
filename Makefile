# make conformance   judge the reference provider, set-up included
# make test          run the test suite, set-up included
# make lint types arch spec ajv selftest build full   one nox session each
PYTHON ?= python3
VENV := .venv
PIP := $(VENV)/bin/python -m pip --disable-pip-version-check -qq
.DEFAULT_GOAL := conformance

.PHONY: conformance test tests lint types arch spec ajv selftest build full

conformance: $(VENV)/installed
	@$(VENV)/bin/sbw test --reference

test: $(VENV)/installed-dev
	@$(VENV)/bin/pytest --cov

tests lint types arch spec ajv selftest build full: $(VENV)/installed-dev
	@$(VENV)/bin/nox -s $@

$(VENV)/installed: pyproject.toml
	@command -v "$(PYTHON)" >/dev/null || { \
	  echo "error: there is no $(PYTHON) here; install Python 3.11 or newer, or name one: make PYTHON=/path/to/python" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "error: $(PYTHON) is $$("$(PYTHON)" --version 2>&1), but Python 3.11 or newer is needed; name one: make PYTHON=python3.13" >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "error: $(PYTHON) has no venv or ensurepip module; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@echo "Setting up $(VENV), once; this takes about a minute."
	@$(VENV)/bin/python -m pip --version >/dev/null 2>&1 || "$(PYTHON)" -m venv --clear $(VENV)
	@$(PIP) install --editable .
	@touch $@

# Dependency groups need pip 25.1; the pip that comes with Python 3.11 is older.
$(VENV)/installed-dev: $(VENV)/installed
	@echo "Adding the development tools to $(VENV), once."
	@$(PIP) install --upgrade pip
	@$(PIP) install --group dev
	@touch $@
