# Everything here works on a machine with Python 3.11, pip and make: tools/setup.py brings the
# rest into .venv/, node_modules/, .local-aws/ and .checkov/, and returns at once when it is there
# already.

PYTHON ?= python3
TESTS ?=
PYTEST_OPTIONS ?= --numprocesses auto --dist loadfile --no-loadscope-reorder

in_environment := env PATH="$(CURDIR)/.venv/bin:$(CURDIR)/node_modules/.bin:$$PATH"
compile := $(in_environment) UV_CUSTOM_COMPILE_COMMAND="make lock" uv pip compile --quiet \
	--generate-hashes --no-emit-index-url --python-version 3.11 $(LOCK_OPTIONS)

.DEFAULT_GOAL := help
.PHONY: help setup setup-local-aws setup-checkov demo test pytest lint lint-examples format generate
.PHONY: docs build bench lock clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

setup:  ## make the development environment
	@$(PYTHON) tools/setup.py

setup-local-aws:  ## make the local AWS stand-in too
	@$(PYTHON) tools/setup.py --with local-aws

setup-checkov:  ## make the environment of checkov too
	@$(PYTHON) tools/setup.py --with checkov

demo: setup-local-aws  ## deploy examples/user_info to the local AWS stand-in and show the promise
	@$(in_environment) python tools/demo.py

test: setup-local-aws setup-checkov  ## run all tests, with branch coverage of src (TESTS=path for some of them)
	@$(in_environment) pytest $(PYTEST_OPTIONS) --cov --cov-report term $(if $(TESTS),$(TESTS),--cov-fail-under=99)

pytest: setup  ## run the tests TESTS names, without the local AWS stand-in
	@$(in_environment) pytest $(PYTEST_OPTIONS) $(TESTS)

lint: setup  ## check style, types, the generated files and what the repository may not hold
	@$(in_environment) ruff check .
	@$(in_environment) ruff format --check .
	@$(in_environment) mypy
	@$(in_environment) python tools/check_generated.py
	@$(in_environment) python tools/check_tree.py

lint-examples: setup-checkov  ## run cdk-nag, checkov and cfn-lint on every example (LINT_OPTIONS=--write for the list)
	@$(in_environment) PYTHONPATH=tools python -m lint_examples $(LINT_OPTIONS)

format: setup  ## format the code and mend what ruff can mend
	@$(in_environment) ruff check --fix .
	@$(in_environment) ruff format .

generate: setup  ## write the files that .projenrc.py describes
	@$(in_environment) PROJEN_DISABLE_POST=true python .projenrc.py
	@$(PYTHON) tools/setup.py

docs: setup  ## build the site into site/
	@$(in_environment) zensical build --strict --clean

build: setup  ## build the wheel and the sdist into dist/python
	@rm -rf dist/python
	@$(in_environment) uv build --quiet --offline --no-build-isolation --out-dir dist/python
	@ls dist/python

bench: setup-local-aws  ## measure the numbers the project promises
	@$(in_environment) python benchmarks/run.py

lock: setup  ## compile requirements/*.in again (LOCK_OPTIONS=--upgrade for newer versions)
	@$(compile) --universal requirements/uv.in -o requirements/uv.txt
	@$(compile) --universal requirements/node.in -o requirements/node.txt
	@$(compile) --universal pyproject.toml requirements/dev.in -o requirements/dev.txt
	@$(compile) --no-deps --no-header --no-annotate --python-platform x86_64-manylinux_2_28 \
		requirements/local-aws.in -o requirements/local-aws.txt
	@$(compile) --universal requirements/checkov.in -o requirements/checkov.txt
	@$(in_environment) npm install --package-lock-only --ignore-scripts

clean:  ## remove everything that the targets above made
	rm -rf .cache .venv node_modules .local-aws .checkov dist site .coverage .coverage.* \
		.hypothesis .mypy_cache .pytest_cache .ruff_cache
