# kpi-server: `make` alone lists the targets.

BUILD  ?= build
CC     ?= cc
# One source for both generations of the driver.
MONGOC := $(shell pkg-config --exists mongoc2 2>/dev/null && echo mongoc2 || echo libmongoc-1.0)
PKGS    = $(MONGOC) libmicrohttpd jansson nettle zlib

WARNINGS = -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wconversion -Werror
CFLAGS  ?= -O2 -g
CPPFLAGS_ALL = -I. -I$(BUILD) -D_GNU_SOURCE $(shell pkg-config --cflags $(PKGS) libcurl | sed 's/-I/-isystem /g') $(CPPFLAGS)
CFLAGS_ALL   = -std=c11 $(WARNINGS) -pthread -MMD -MP $(CFLAGS)
LIBS         = $(shell pkg-config --libs $(PKGS)) -lcsv -lm
# The loader fetches files; the server has nothing to fetch.
LIBS_LOADER  = $(LIBS) $(shell pkg-config --libs libcurl)

objects = $(patsubst %.c,$(BUILD)/%.o,$(wildcard $(1)/*.c))
CORE    = $(call objects,core)
SERVER  = $(call objects,server)
LOADER  = $(call objects,loader)
SAMPLE  = $(call objects,sample)

.DEFAULT_GOAL := help
.PHONY: help setup build run test bench lint clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: setup ## build the programs, installing what is missing first
	@$(MAKE) --no-print-directory programs

setup:
	@tools/setup build

run: ## serve sample data on http://127.0.0.1:8080 (PORT= ORDERS= MONGODB_URI=)
	+@tools/run

test: ## run every test; SUITES="api oracle" runs those folders of tests/ only
	+@tools/test $(SUITES)

bench: ## measure against others and the budgets (ORDERS= ROUNDS= PARTS=)
	+@tools/bench

lint: ## warnings of gcc and clang, format, shellcheck, cppcheck
	+@tools/lint

.PHONY: programs
programs: $(BUILD)/kpi-server $(BUILD)/kpi-load $(BUILD)/kpi-sample
	@:

$(BUILD)/kpi-server: $(SERVER) $(CORE) $(BUILD)/assets.o
	$(CC) $(CFLAGS_ALL) -o $@ $^ $(LDFLAGS) $(LIBS)

$(BUILD)/kpi-load: $(LOADER) $(CORE)
	$(CC) $(CFLAGS_ALL) -o $@ $^ $(LDFLAGS) $(LIBS_LOADER)

$(BUILD)/kpi-sample: $(SAMPLE)
	$(CC) $(CFLAGS_ALL) -o $@ $^ $(LDFLAGS) $(LIBS)

# What is measured against.
.PHONY: bench-programs
bench-programs: $(addprefix $(BUILD)/bench/,bare_insert bare_query bare_http)
	@:

$(BUILD)/bench/bare_insert $(BUILD)/bench/bare_query: %: %.o
	$(CC) $(CFLAGS_ALL) -o $@ $^ $(LDFLAGS) $(shell pkg-config --libs $(MONGOC))

# With the same mending of libmicrohttpd as kpi-server, or it would stand still with 128 clients.
$(BUILD)/bench/bare_http: $(BUILD)/bench/bare_http.o $(BUILD)/server/epoll_wait.o
	$(CC) $(CFLAGS_ALL) -o $@ $^ $(LDFLAGS) $(shell pkg-config --libs libmicrohttpd)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	@echo CC $@; $(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -c -o $@ $<

# The files that the server carries in itself.
# With the folders, so that a file that goes is noticed too.
ASSETS = openapi/base.json openapi/kpi-definition.schema.json openapi/rollup.schema.json server/check-sample.json openapi/docs dashboard $(wildcard openapi/docs/* dashboard/*)

$(BUILD)/assets.c: tools/embed $(ASSETS) node_modules/.complete
	@echo EMBED $@; tools/embed $(BUILD)

# No package's own script runs: the pages only need files.
node_modules/.complete: package-lock.json .npmrc
	@echo NPM node_modules; npm ci --ignore-scripts --loglevel=error >&2
	@touch $@

$(BUILD)/assets.o: $(BUILD)/assets.c
	$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -c -o $@ $<

# Unit tests: one program a file, everything under the address and undefined-behaviour sanitizers.
SANITIZE   = -fsanitize=address,undefined -fno-omit-frame-pointer -fno-sanitize-recover=undefined
unit_names = $(basename $(notdir $(wildcard tests/unit/test_*.c)))
UNIT       = $(addprefix $(BUILD)/unit/,$(unit_names))
san        = $(patsubst %.c,$(BUILD)/san/%.o,$(filter-out %/main.c,$(wildcard $(1)/*.c)))

.PHONY: unit
unit: $(UNIT) ## build and run the unit tests
	@tests/run-unit $(UNIT)

$(BUILD)/unit/%: $(BUILD)/san/tests/unit/%.o $(BUILD)/libsan.a
	@mkdir -p $(@D)
	$(CC) $(SANITIZE) -pthread -o $@ $^ $(LIBS_LOADER) $(shell pkg-config --libs check)

$(BUILD)/libsan.a: $(call san,core) $(call san,loader) $(call san,server) $(BUILD)/assets.o
	rm -f $@
	ar rcs $@ $^

$(BUILD)/san/%.o: %.c
	@mkdir -p $(@D)
	@echo CC $@; $(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -O1 $(SANITIZE) -c -o $@ $<

.SECONDARY:

clean: ## remove what was built
	rm -rf $(BUILD)

-include $(wildcard $(BUILD)/*/*.d $(BUILD)/*/*/*.d $(BUILD)/*/*/*/*.d)
