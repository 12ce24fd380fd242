# Everything that a developer of SAGI does often. `make` alone says what there is.

SHELL := /bin/bash
BUILD ?= release
SERVE ?= --bind 127.0.0.1:8000 --tls-bind 127.0.0.1:8443 --tls-self-signed
FUZZ ?= 10000000
TARGET ?= http1 dates percent accept range cookies multipart urlencoded forwarded websocket extensions hpack http2
# Two cores do not bear hundreds of servers at once.
AT_ONCE := SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=4
SWIFT_SOURCES := Package.swift Sources Tests Examples $(wildcard Benchmarks)

.DEFAULT_GOAL := help
.PHONY: help run test bench conformance fuzz soak format lint docs spec setup

help: ## Say what there is
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

setup: ## Install what is missing to build and test (Debian and PyPI packages)
	@scripts/setup

run: setup ## Serve a welcome page on http://127.0.0.1:8000 and https://127.0.0.1:8443 (BUILD=debug builds faster)
	swift build --configuration $(BUILD) --product sagi
	@exec "$$(swift build --configuration $(BUILD) --show-bin-path)/sagi" serve $(SERVE)

test: setup ## Build everything and run all tests (FILTER=name runs some of them)
	swift build --build-tests
ifdef FILTER
	@scripts/run-tests --filter "$(FILTER)"
else
	@# The end-to-end tests measure time, and memory, and abuse: they come when the others are done.
	@$(AT_ONCE) scripts/run-tests --skip EndToEndTests
	@$(AT_ONCE) scripts/run-tests --filter EndToEndTests
endif

bench: ## Measure SAGI and its peers in one run (minutes; uses every core)
	@scripts/setup bench
	Benchmarks/run

conformance: ## Run the end-to-end suites with independent clients, build what `sagi new` makes, and follow the tutorial
	@scripts/setup conformance
	swift build --build-tests
	@$(AT_ONCE) scripts/run-tests --filter EndToEndTests
	swift build --configuration release --product Conformance
	@scripts/autobahn
	@scripts/check-new
	@scripts/check-tutorial

fuzz: ## Feed every parser FUZZ mutated inputs (default: 10 million; TARGET=http1 for one of them)
	swift build --configuration release --product Fuzz
	@for target in $(TARGET); do \
		"$$(swift build --configuration release --show-bin-path)/Fuzz" $$target --iterations $(FUZZ) || exit 1; done

soak: setup ## Serve under load and attack, through signals and killed workers, and watch memory (minutes)
	swift build --configuration $(BUILD) --product Conformance
	.venv/bin/python scripts/soak "$$(swift build --configuration $(BUILD) --show-bin-path)/Conformance"
	.venv/bin/python scripts/soak-processes "$$(swift build --configuration $(BUILD) --show-bin-path)/Conformance"

format: ## Format all Swift files
	swift format format --in-place --parallel --configuration .swift-format --recursive $(SWIFT_SOURCES)

lint: ## Check the format of all Swift files, and that the documentation shows only what is built
	swift format lint --strict --parallel --configuration .swift-format --recursive $(SWIFT_SOURCES)
	@scripts/check-samples

spec: ## Check that each rule of docs/spec names a test that exists
	python3 scripts/check-spec --complete

docs: ## Build the reference of the public interface into docs/api (DocC)
	scripts/docs
