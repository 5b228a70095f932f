# make dev | test | check | bench | docs: each brings its own virtual environment, as root or not.
# ARGS goes to the program: make test ARGS='tests/unit -k names'
PYTHON = .venv/bin/python
JAVASCRIPT = tests/clients/js/node_modules/.package-lock.json
HAS_NODE := $(shell command -v npm >/dev/null && node -p 'parseInt(process.versions.node) >= 20 ? "yes" : ""' 2>/dev/null)

.PHONY: dev test check bench docs clean

dev: .venv/.run                                   # edit SQL, see the API change
	.venv/bin/passeplat dev $(ARGS)

test: .venv/.dev $(if $(HAS_NODE),$(JAVASCRIPT))  # every test; databases start by themselves
	$(PYTHON) -m pytest -n 3 --dist loadfile $(ARGS)

check: .venv/.dev                                 # style, types, architecture
	.venv/bin/ruff format --check --diff
	.venv/bin/ruff check
	.venv/bin/mypy
	.venv/bin/lint-imports --no-logo

bench: .venv/.bench                               # ratios against peers, measured in one run
	$(PYTHON) tests/bench $(ARGS)

docs: .venv/.dev                                  # links, headings and examples of docs/
	$(PYTHON) -m pytest tests/docs $(ARGS)

clean:
	rm -rf .venv tests/clients/js/node_modules

.venv/.%: pyproject.toml uv.lock .ci/environment
	sh .ci/environment $*
	touch $@

$(JAVASCRIPT): tests/clients/js/package-lock.json
	npm ci --prefix tests/clients/js --silent --ignore-scripts
	touch $@
