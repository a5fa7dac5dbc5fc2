# `make run` and `make test` work on a bare Debian 12 machine; `make help` lists the rest.
SHELL := /bin/bash
NODE_PATH_PREFIX := $(CURDIR)/build/node/node_modules/node/bin
export PATH := $(if $(wildcard $(NODE_PATH_PREFIX)/node),$(NODE_PATH_PREFIX):)$(PATH)
export CCACHE_SLOPPINESS := pch_defines,time_macros
JOBS ?= $(shell nproc)

.PHONY: run test build bench lint fuzz help prepare web cpp clean

help: ## List the commands.
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' Makefile

run: build ## Install what is missing, build, start the server in development mode.
	@build/release/parley serve --dev

test: prepare ## Install what is missing, build, run every test; ends with "N passed, N failed".
	@tools/test

build: cpp web ## Build build/release/parley and the web app.

cpp: prepare
	@cmake --preset release >build/cmake.log || { cat build/cmake.log; exit 1; }
	@ninja -C build/release -j$(JOBS) parley parley-media --quiet

web: prepare
	@tools/build_web

bench: build ## Measure media beside the limit loop, database, REST API, messages, sockets and files.
	@ninja -C build/release -j$(JOBS) --quiet
	@bench/run
	@build/release/bench/store_bench
	@build/release/bench/product_bench
	@bench/chat/run

lint: prepare ## Check the rules of the house: layers, sizes, words, format, clang-tidy.
	@cmake --preset dev >build/cmake.log || { cat build/cmake.log; exit 1; }
	@tools/checks/run_all

fuzz: cpp ## Run each fuzz target for 60 seconds, and the API by its document.
	@tools/fuzz
	@tools/fuzz_api --examples 200 --seed random

prepare:
	@mkdir -p build && tools/prepare

clean: ## Remove everything that was built.
	rm -rf build web/dist
