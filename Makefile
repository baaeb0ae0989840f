# Shortcuts for people who have make; everything here can be typed without it.
.DEFAULT_GOAL := help
.PHONY: help run test check fmt lock bench bench-rooms rehearse pictures faults chaos migration
UV ?= uv

help:  ## what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' Makefile

run:  ## set everything up and send the sample issue through the built-in relay
	sh run.sh

test:  ## set everything up and run all tests
	sh test.sh

check: .venv  ## format, lint, types, import contracts
	.ci/check

fmt: .venv  ## format and mend what ruff can mend
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

lock:  ## resolve pyproject.toml anew into the two hash locks (needs uv)
	$(UV) pip compile --quiet --generate-hashes --no-header --universal --python-version 3.11 \
		--extra build pyproject.toml -o requirements.lock
	$(UV) pip compile --quiet --generate-hashes --no-header --universal --python-version 3.11 \
		--extra build --extra test -c requirements.lock pyproject.toml -o requirements-test.lock

bench: .venv  ## how fast, against the field's own load generators (some 15 minutes); writes the table in docs/performance.md
	.venv/bin/python -m tests.bench --write docs/performance.md

bench-rooms: .venv  ## how fast the other rooms are: reading, directory, ledger pages, returned mail
	.venv/bin/python -m tests.bench.reading
	.venv/bin/python -m tests.bench.directory
	.venv/bin/python -m tests.bench.ledger
	.venv/bin/python -m tests.bench.returns

migration: .venv  ## MESSAGE=...: the next migration, from what the tables have and the tree has not
	.venv/bin/python -m tests.support.new_migration $(MESSAGE)

pictures: .venv  ## the manual's pictures, anew
	.venv/bin/python -m tests.browser.pictures

faults: .venv  ## the whole fault matrix (up to 30 minutes); writes the table in docs/reliability.md
	sh test.sh -n 0 -m "not chaos" --junitxml=.venv/faults.xml tests/faults; code=$$?; \
		.venv/bin/python -m tests.faults.table .venv/faults.xml docs/reliability.md && exit $$code

chaos: .venv  ## everything at once in one mailing, twenty seeds (some 40 minutes); CHAOS_SEEDS=1,2,3 takes fewer
	sh test.sh -n 0 -m chaos --junitxml=.venv/chaos.xml tests/faults; code=$$?; \
		.venv/bin/python -m tests.faults.table .venv/chaos.xml docs/reliability.md && exit $$code

rehearse: .venv  ## compose file, Dockerfile and systemd units, carried out on this machine (root; some 10 minutes)
	sh test.sh -n 0 -m rehearsal

.venv: requirements-test.lock pyproject.toml bootstrap.sh
	sh -c '. ./bootstrap.sh; bootstrap "$$PWD" requirements-test.lock'
	@touch .venv
