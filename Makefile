# kpi-server: `make` alone lists the targets.

BUILD  ?= build
CC     ?= cc
# One source for both generations of the driver.
MONGOC := $(shell pkg-config --exists mongoc2 2>/dev/null && echo mongoc2 || echo libmongoc-1.0)
PKGS    = $(MONGOC) libmicrohttpd jansson nettle zlib

WARNINGS = -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wconversion -Werror
CFLAGS  ?= -O2 -g
CPPFLAGS_ALL = -I. -I$(BUILD) -D_GNU_SOURCE $(shell pkg-config --cflags $(PKGS) libcurl gnutls | sed 's/-I/-isystem /g') $(CPPFLAGS)
CFLAGS_ALL   = -std=c11 $(WARNINGS) -pthread -MMD -MP $(CFLAGS)
LIBS         = $(shell pkg-config --libs $(PKGS)) -lcsv -lm
# The loader fetches files; the server has nothing to fetch, and may serve over TLS.
LIBS_LOADER  = $(LIBS) $(shell pkg-config --libs libcurl)
LIBS_SERVER  = $(LIBS) $(shell pkg-config --libs gnutls)

objects = $(patsubst %.c,$(BUILD)/%.o,$(wildcard $(1)/*.c))
CORE    = $(call objects,core)
SERVER  = $(call objects,server)
LOADER  = $(call objects,loader)
SAMPLE  = $(call objects,sample)

.DEFAULT_GOAL := help
.PHONY: help setup build run test faults tsan fuzz valgrind bench lint clean install uninstall

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# With the manual pages, so that who installs needs none of the tools.
build: setup ## build the programs, installing what is missing first
	@$(MAKE) --no-print-directory programs pages

setup:
	@tools/setup build

run: ## serve sample data on http://127.0.0.1:8080 (PORT= ORDERS= MONGODB_URI=)
	+@tools/run

test: ## run every test; SUITES="api oracle" runs those folders of tests/ only
	+@tools/test $(SUITES)

faults: ## the programs under faults, at length; writes tests/RELIABILITY.md (SOAK_SECONDS= MALLOC_SECONDS=)
	+@FAULTS=long tools/test faults

# Its shadow memory does not suit every place that the system might give a program: those are not drawn at random.
tsan: ## the programs under mixed load, with ThreadSanitizer (RACES_SECONDS=)
	+@KPI_BUILD=$(BUILD)/tsan CFLAGS='-O1 -g -fsanitize=thread' LDFLAGS=-fsanitize=thread \
		TSAN_OPTIONS="suppressions=$(CURDIR)/tools/tsan.suppress second_deadlock_stack=1 $$TSAN_OPTIONS" \
		RACES_SECONDS=$${RACES_SECONDS:-20} setarch -R tools/test races

bench: ## measure against others and the budgets (ORDERS= ROUNDS= PARTS=)
	+@tools/bench

lint: ## warnings of gcc and clang, format, shellcheck, clang-tidy, cppcheck
	+@tools/lint

PREFIX  ?= /usr/local
INSTALL  = DESTDIR='$(DESTDIR)' PREFIX='$(PREFIX)' BUILD='$(BUILD)' UNITDIR='$(UNITDIR)' SYSUSERSDIR='$(SYSUSERSDIR)' tools/install-files

install: programs pages ## put what was built into PREFIX= (/usr/local), below DESTDIR=
	@$(INSTALL) install

uninstall: ## remove what was installed there
	@$(INSTALL) uninstall

.PHONY: pages
pages: $(addprefix $(BUILD)/man/,kpi-server.1 kpi-load.1 kpi-sample.1 kpi-definition.5 kpi-profile.5 kpi-keys.5)
	@:

$(BUILD)/man/%.1: $(BUILD)/% docs/man/%.1 tools/man core/version.h
	@mkdir -p $(@D)
	@echo MAN $@; tools/man $< >$@.part && mv $@.part $@

$(BUILD)/man/%.5: docs/man/%.5 tools/man tools/man-members.mjs core/version.h $(wildcard openapi/*.schema.json loader/*.schema.json)
	@mkdir -p $(@D)
	@echo MAN $@; tools/man $< >$@.part && mv $@.part $@

.PHONY: programs
programs: $(BUILD)/kpi-server $(BUILD)/kpi-load $(BUILD)/kpi-sample
	@:

$(BUILD)/kpi-server: $(SERVER) $(CORE) $(BUILD)/assets.o
	@echo LINK $@; $(CC) $(CFLAGS_ALL) -o $@ $^ $(LDFLAGS) $(LIBS_SERVER)

$(BUILD)/kpi-load: $(LOADER) $(CORE)
	@echo LINK $@; $(CC) $(CFLAGS_ALL) -o $@ $^ $(LDFLAGS) $(LIBS_LOADER)

$(BUILD)/kpi-sample: $(SAMPLE) $(addprefix $(BUILD)/core/,secret.o utf8.o)
	@echo LINK $@; $(CC) $(CFLAGS_ALL) -o $@ $^ $(LDFLAGS) $(LIBS)

# What is measured against.
.PHONY: bench-programs
bench-programs: $(addprefix $(BUILD)/bench/,bare_insert bare_query bare_http ask)
	@:

$(BUILD)/bench/bare_insert $(BUILD)/bench/bare_query: %: %.o
	@echo LINK $@; $(CC) $(CFLAGS_ALL) -o $@ $^ $(LDFLAGS) $(shell pkg-config --libs $(MONGOC))

# With the same mending of libmicrohttpd as kpi-server, or it would stand still with 128 clients.
$(BUILD)/bench/bare_http: $(BUILD)/bench/bare_http.o $(BUILD)/server/epoll_wait.o
	@echo LINK $@; $(CC) $(CFLAGS_ALL) -o $@ $^ $(LDFLAGS) $(shell pkg-config --libs libmicrohttpd)

$(BUILD)/bench/ask: %: %.o
	@echo LINK $@; $(CC) $(CFLAGS_ALL) -o $@ $^ $(LDFLAGS)

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	@echo CC $@; $(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -c -o $@ $<

# The files that the server carries in itself.
# With the folders, so that a file that goes is noticed too.
ASSETS = openapi/base.json openapi/kpi-definition.schema.json openapi/rollup.schema.json server/check-sample.json openapi/docs $(wildcard openapi/docs/*) $(shell find dashboard)

$(BUILD)/assets.c: tools/embed $(ASSETS) node_modules/.complete
	@echo EMBED $@; tools/embed $(BUILD)

# No package's own script runs: the pages only need files.
node_modules/.complete: package-lock.json .npmrc
	@echo NPM node_modules; npm ci --ignore-scripts --loglevel=error >&2
	@touch $@

# What clang-tidy found clean is not looked at again before it, a header of its, or the list of checks changes.
.PHONY: tidy
tidy: $(patsubst %.o,%.tidy,$(CORE) $(SERVER) $(LOADER) $(SAMPLE) $(call objects,bench))
	@:

$(BUILD)/%.tidy: %.c $(BUILD)/%.o .clang-tidy
	@clang-tidy --quiet $< -- -std=c11 $(CPPFLAGS_ALL) && touch $@

$(BUILD)/assets.o: $(BUILD)/assets.c
	@echo CC $@; $(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -c -o $@ $<

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
	@echo LINK $@; $(CC) $(SANITIZE) -pthread -o $@ $^ $(LIBS_LOADER) $(shell pkg-config --libs gnutls check)

$(BUILD)/libsan.a: $(call san,core) $(call san,loader) $(call san,server) $(BUILD)/assets.o
	@echo AR $@; rm -f $@; ar rcs $@ $^

$(BUILD)/san/%.o: %.c
	@mkdir -p $(@D)
	@echo CC $@; $(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -O1 $(SANITIZE) -c -o $@ $<

# The unit tests without sanitizers, on the objects that the programs are made of, under valgrind: too slow for make test.
VALGRIND = valgrind --quiet --leak-check=full --show-leak-kinds=definite,indirect --errors-for-leak-kinds=definite,indirect \
	--error-exitcode=99 --suppressions=tools/valgrind.suppress

valgrind: $(addprefix $(BUILD)/plain/,$(unit_names)) ## the unit tests under valgrind
	@CK_DEFAULT_TIMEOUT=900 KPI_RUN_WITH='$(VALGRIND)' tests/run-unit $^

$(BUILD)/plain/%: $(BUILD)/tests/unit/%.o $(BUILD)/libplain.a
	@mkdir -p $(@D)
	@echo LINK $@; $(CC) $(CFLAGS_ALL) -o $@ $^ $(LDFLAGS) $(LIBS_LOADER) $(shell pkg-config --libs gnutls check)

$(BUILD)/libplain.a: $(filter-out %/main.o,$(CORE) $(LOADER) $(SERVER)) $(BUILD)/assets.o
	@echo AR $@; rm -f $@; ar rcs $@ $^

# Fuzzing: one program of libFuzzer's for each tests/fuzz/fuzz_*.c, which looks for what crashes, leaks, hangs or breaks a property.
FUZZ_SANITIZE = -fsanitize=address,undefined -fno-omit-frame-pointer -fno-sanitize-recover=undefined
FUZZ_NAMES    = $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ          = $(addprefix $(BUILD)/fuzz/,$(FUZZ_NAMES))
fuzzed        = $(patsubst %.c,$(BUILD)/fuzz/objects/%.o,$(filter-out %/main.c,$(wildcard $(1)/*.c)))

fuzz: $(FUZZ) ## look for inputs that break a parser (SECONDS= for each, TARGETS="csv http")
	+@KPI_FUZZ_SECONDS=$(or $(SECONDS),$(KPI_FUZZ_SECONDS),60) tests/run-fuzz $(BUILD)/fuzz $(or $(TARGETS),$(FUZZ_NAMES))

# What is written is looked at on its way to a database that is not there.
$(BUILD)/fuzz/csv $(BUILD)/fuzz/profile: FUZZ_WRAPS = -Wl,--wrap=writer_begin,--wrap=writer_end,--wrap=writer_end_order
$(BUILD)/fuzz/csv $(BUILD)/fuzz/profile: $(BUILD)/fuzz/objects/tests/fuzz/load.o

$(FUZZ): $(BUILD)/fuzz/%: $(BUILD)/fuzz/objects/tests/fuzz/fuzz_%.o $(BUILD)/fuzz/objects/all.a
	@echo LINK $@; clang -fsanitize=fuzzer $(FUZZ_SANITIZE) -pthread $(FUZZ_WRAPS) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LIBS_LOADER)

$(BUILD)/fuzz/objects/all.a: $(call fuzzed,core) $(call fuzzed,loader) $(call fuzzed,server) $(BUILD)/assets.o
	@echo AR $@; rm -f $@; ar rcs $@ $^

$(BUILD)/fuzz/objects/%.o: %.c
	@mkdir -p $(@D)
	@echo CC $@; clang $(CPPFLAGS_ALL) $(CFLAGS_ALL) -O1 -fsanitize=fuzzer-no-link $(FUZZ_SANITIZE) -c -o $@ $<

.SECONDARY:

clean: ## remove what was built
	rm -rf $(BUILD)

-include $(wildcard $(BUILD)/*/*.d $(BUILD)/*/*/*.d $(BUILD)/*/*/*/*.d $(BUILD)/*/*/*/*/*.d)
