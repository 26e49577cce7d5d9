# SPDX-License-Identifier: Apache-2.0
#
# The tests have three tiers. `make test`: all of them against a debug build, in minutes; it needs nothing installed and
# minds nothing that is. `make test-installed`: what `make install` places, release programs and units, in the system
# tests and under two real systemds; as root, ten minutes more, the first time with the network. `make soak`: for hours,
# the tests with full counts in release, then under ThreadSanitizer. `.ci/run` does the first two.

PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
DESTDIR ?=
# The command is installed as fdvault, and as vault as well unless this is `no`: others have a program of that name, too.
SHORT_NAME ?= yes
SWIFT ?= swift
BENCH_ARGS ?=
INSTRUCTIONS_ARGS ?=
MEANWHILE_ARGS ?=

BIN = $(DESTDIR)$(PREFIX)/bin
SBIN = $(DESTDIR)$(PREFIX)/sbin
LIBEXEC = $(DESTDIR)$(PREFIX)/libexec/vault
LIB = $(DESTDIR)$(PREFIX)/lib
SHARE = $(DESTDIR)$(PREFIX)/share
ETC = $(DESTDIR)$(SYSCONFDIR)/vaultd
DOC = $(SHARE)/doc/vault

# Release builds carry the Swift runtime in them, so that an installed program needs no toolchain. What nobody calls is left
# out. No symbols are exported, since nothing is loaded into these programs: a core's build id says which file in
# .build/release has them. Relocations are packed where the C library reads such (2.36).
SECTIONS = -Xswiftc -Xfrontend -Xswiftc -function-sections -Xcc -ffunction-sections -Xcc -fdata-sections
PACKED = $(shell printf '2.36\n%s\n' "$$(getconf GNU_LIBC_VERSION | cut -d' ' -f2)" | sort -CV && echo -z pack-relative-relocs)
LINKED = -Xswiftc -use-ld=lld $(addprefix -Xlinker ,--no-export-dynamic --no-eh-frame-hdr $(PACKED))
RELEASE = --configuration release --static-swift-stdlib $(SECTIONS) $(LINKED)
RELEASE_BUILD = VAULT_STATIC=1 $(SWIFT) build $(RELEASE)
INSTALLED = vault vaultd vault-opener
MEASURED = $(INSTALLED) BenchmarkBaseline BenchmarkLoad vault-benchmark
COUNTED = vaultd vault-opener vault BenchmarkLoad
RELEASED = .build/release
UNITS = Sources/vaultd/Units
ENABLED = vaultd.service vaultd.socket vaultd-s6.socket vaultd-credentials.socket vaultd-metrics.socket
SYSTEMD = $(ENABLED) vaultd-opener.socket vaultd-opener@.service
SOURCES = Package.swift Sources Tests Migrations

# Two installations for `make test-installed`: with the prefix of a package, and with the README's.
PLACED = $(CURDIR)/.build/installed
MACHINES = $(CURDIR)/.build/machines
TESTED_INSTALLED = ^(SystemTests|OpenerTests|OpenerProgramTests|VaultCommandTests|InstalledTests)[.]

.DEFAULT_GOAL = help
.PHONY: help deps build interfaces help-text test stranger test-installed soak demo run release manual short-name install deb uninstall \
	format lint bench meanwhile instructions clean

help: ## this list
	@echo 'make TARGET, where TARGET is one of'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' Makefile

deps: ## install the packages that building needs (apt, as root)
	@.ci/packages build

build: deps ## debug build of everything
	$(SWIFT) build

interfaces: ## write the Swift of the interfaces anew, after a change of a .varlink file (make test compares)
	$(SWIFT) build --product varlink-swift
	@for name in vaultd.Broker vaultd.Admin vaultd.Audit systemd.Metrics; do \
	    .build/debug/varlink-swift --access package --actor \
	        --output Sources/VaultInterface/Generated/$${name#*.}Interface.swift \
	        Sources/VaultInterface/Interfaces/io.$$name.varlink || exit 1; \
	done
	@.build/debug/varlink-swift --output Tests/VarlinkSwiftTests/EveryInterface.swift \
	    Tests/VarlinkSwiftTests/org.example.every.varlink
	@.build/debug/varlink-swift --actor --output Tests/VarlinkTests/Examples/NotesInterface.swift \
	    Tests/VarlinkTests/Examples/org.example.notes.varlink

help-text: ## write the text of vault --help anew, after a change of a verb (make test compares)
	$(SWIFT) build --product vault
	@COLUMNS=80 .build/debug/vault help >.build/help.txt && cp .build/help.txt Sources/vault/Plain/help.txt

demo: build ## the main job, for real, in a private directory; cleans up after itself
	@Tests/Demo/demo .build/debug

run: build ## a private vaultd in the foreground, in .build/run
	@Tests/Demo/run .build/debug

test: ## all tests, from the same debug build
	@.ci/packages build test
	@Tests/PythonClient/prepare .build/python || true
	@Tests/Recipes/prepare .build/programs || true
	$(SWIFT) build --build-tests
	$(SWIFT) test --skip-build --disable-xctest --no-parallel

stranger: ## the examples of the documentation, compiled by a package that depends on this one
	Tests/Stranger/build

test-installed: ## what `make install` places: the system tests against it, and under real systemds (as root)
	@.ci/packages build test machine
	@Tests/PythonClient/prepare .build/python || true
	@Tests/Recipes/prepare .build/programs || true
	rm -rf $(PLACED)
	$(MAKE) install DESTDIR=$(PLACED)/usr PREFIX=/usr SYSCONFDIR=/etc
	$(MAKE) --old-file=manual install DESTDIR=$(PLACED)/usr-local PREFIX=/usr/local SYSCONFDIR=/etc
	Sources/vaultd/Debian/build $(PLACED)/usr $(PLACED)/packages
	Sources/vaultd/Debian/build $(PLACED)/usr $(PLACED)/packages 999
	@for suite in bookworm sid; do Tests/Machine/machine make $(MACHINES)/$$suite $$suite || true; done
	$(SWIFT) build --build-tests
	VAULT_INSTALLED=$(PLACED)/usr VAULT_INSTALLED_LOCAL=$(PLACED)/usr-local VAULT_MACHINES=$(MACHINES) \
	    VAULT_PACKAGES=$(PLACED)/packages $(SWIFT) test --skip-build --disable-xctest --no-parallel --filter '$(TESTED_INSTALLED)'

soak: ## the long tier: all tests in release with full counts, then under ThreadSanitizer
	@.ci/packages build test
	@Tests/PythonClient/prepare .build/python || true
	@Tests/Recipes/prepare .build/programs || true
	VAULT_SOAK=1 $(SWIFT) test --configuration release --scratch-path .build/soak -Xswiftc -enable-testing --disable-xctest --no-parallel
	VAULT_THREAD_SANITIZER=1 TSAN_OPTIONS=halt_on_error=1 $(SWIFT) test --scratch-path .build/thread --disable-xctest --no-parallel

release: deps
	@for product in $(INSTALLED); do \
	    echo "$(RELEASE_BUILD) --product $$product"; \
	    $(RELEASE_BUILD) --product $$product || exit 1; \
	done

manual: release ## man pages and shell completions, into .build/manual and .build/completions
	$(RELEASE_BUILD) --product vault-manual
	@Tests/Manual/generate $(RELEASED) .build

# What another program put under that name stays.
short-name:
	@if [ '$(SHORT_NAME)' != no ] && [ "$$(readlink $(BIN)/vault)" != fdvault ] && [ -e $(BIN)/vault -o -L $(BIN)/vault ]; then \
	    echo '$(BIN)/vault is of another program. Try: make install SHORT_NAME=no' >&2; exit 1; \
	fi

install: short-name manual ## binaries, unit files, man pages, completions under PREFIX (and DESTDIR)
	install -d $(BIN) $(SBIN) $(LIBEXEC) $(LIB)/systemd/system $(LIB)/sysusers.d $(LIB)/tmpfiles.d $(ETC)/policies
	install -d $(addprefix $(SHARE)/man/man,1 5 8) $(SHARE)/bash-completion/completions $(DOC)/examples
	install -d -m 0700 $(ETC)/secrets
	install -d $(SHARE)/zsh/site-functions $(SHARE)/fish/vendor_completions.d
	install -s -m 0755 $(RELEASED)/vault $(BIN)/fdvault
	install -s -m 0755 $(RELEASED)/vaultd $(SBIN)/vaultd
	install -s -m 0755 $(RELEASED)/vault-opener $(LIBEXEC)
	ln -sf vault-opener $(LIBEXEC)/vault-openfile
	ln -sf ../../sbin/vaultd $(LIBEXEC)/vault-offline
	for unit in $(SYSTEMD); do \
	    sed 's#/usr/bin/#$(PREFIX)/bin/#; s#/usr/sbin/#$(PREFIX)/sbin/#' $(UNITS)/$$unit >$(LIB)/systemd/system/$$unit || exit 1; \
	    chmod 0644 $(LIB)/systemd/system/$$unit || exit 1; \
	done
	install -m 0644 $(UNITS)/vaultd.sysusers.conf $(LIB)/sysusers.d/vaultd.conf
	install -m 0644 $(UNITS)/vaultd.tmpfiles.conf $(LIB)/tmpfiles.d/vaultd.conf
	test -e $(ETC)/vaultd.yaml || install -m 0644 $(UNITS)/vaultd.yaml $(ETC)/vaultd.yaml
	install -d $(SHARE)/vaultd/monitoring
	install -m 0644 Sources/vaultd/Monitoring/* $(SHARE)/vaultd/monitoring
	for page in .build/manual/vault*.1; do \
	    install -m 0644 $$page $(SHARE)/man/man1/fd$$(basename $$page) || exit 1; \
	done
	install -m 0644 .build/manual/*.5 $(SHARE)/man/man5
	install -m 0644 .build/manual/*.8 $(SHARE)/man/man8
	sed -i 's#/usr/share/doc#$(PREFIX)/share/doc#' $(SHARE)/man/man1/fdvault.1 $(SHARE)/man/man8/vaultd.8
	for tool in fdvault vaultd $(if $(filter no,$(SHORT_NAME)),,vault); do \
	    install -m 0644 .build/completions/$$tool.bash $(SHARE)/bash-completion/completions/$$tool; \
	    install -m 0644 .build/completions/$$tool.zsh $(SHARE)/zsh/site-functions/_$$tool; \
	    install -m 0644 .build/completions/$$tool.fish $(SHARE)/fish/vendor_completions.d/$$tool.fish; \
	done
	test '$(SHORT_NAME)' = no || ln -sf fdvault $(BIN)/vault
	test '$(SHORT_NAME)' = no || for page in .build/manual/vault*.1; do \
	    ln -sf fd$$(basename $$page) $(SHARE)/man/man1/$$(basename $$page); \
	done
	install -m 0644 README.md .github/CHANGES.md Sources/*/*.docc/*.md $(DOC)
	install -m 0644 Policies/* $(DOC)/examples
	@echo 'Installed. As a system service: systemd-sysusers && systemd-tmpfiles --create vaultd.conf &&'
	@echo '  systemctl daemon-reload && systemctl enable --now vaultd.socket vaultd.service'

deb: ## Debian packages, in .build/deb: fdvault, and fdvault-short for the short name
	rm -rf .build/deb
	$(MAKE) install DESTDIR=$(CURDIR)/.build/deb/tree PREFIX=/usr SYSCONFDIR=/etc
	Sources/vaultd/Debian/build .build/deb/tree .build/deb

uninstall: ## what install put there; the configuration and the state stay
	@test -n '$(DESTDIR)' || ! systemctl --quiet is-enabled $(ENABLED) 2>/dev/null || { \
	    echo 'First: systemctl disable --now $(ENABLED) && systemctl stop vaultd-opener.socket' >&2; exit 1; }
	rm -f $(BIN)/fdvault $(SBIN)/vaultd
	rm -rf $(DOC)
	rm -rf $(LIBEXEC)
	rm -f $(addprefix $(LIB)/systemd/system/,$(SYSTEMD))
	rm -f $(LIB)/sysusers.d/vaultd.conf $(LIB)/tmpfiles.d/vaultd.conf
	rm -rf $(SHARE)/vaultd
	for page in $(SHARE)/man/man1/vault.1 $(SHARE)/man/man1/vault-*.1; do \
	    test "$$(readlink $$page)" != "fd$${page##*/}" || rm -f $$page; \
	done
	rm -f $(addprefix $(SHARE)/man/man1/,fdvault.1 fdvault-*.1) $(SHARE)/man/man8/vaultd.8
	rm -f $(SHARE)/man/man5/vault-policy.5 $(SHARE)/man/man5/vaultd.yaml.5
	for tool in fdvault vaultd $$(test "$$(readlink $(BIN)/vault)" != fdvault || echo vault); do \
	    rm -f $(SHARE)/bash-completion/completions/$$tool $(SHARE)/zsh/site-functions/_$$tool; \
	    rm -f $(SHARE)/fish/vendor_completions.d/$$tool.fish; \
	done
	test "$$(readlink $(BIN)/vault)" != fdvault || rm -f $(BIN)/vault

format: ## rewrite the Swift sources in the project's format
	$(SWIFT) format format --in-place --parallel --recursive $(SOURCES)

lint: ## the format, and what the documentation says about the tree
	$(SWIFT) format lint --strict --parallel --recursive $(SOURCES)
	Tests/Documentation/check
	Tests/Documentation/borrowing

bench: ## the broker against C and s6 on this machine, as ratios (BENCH_ARGS=--help)
	@.ci/packages build bench
	@for product in $(MEASURED); do \
	    echo "$(RELEASE_BUILD) --product $$product"; \
	    $(RELEASE_BUILD) --product $$product || exit 1; \
	done
	$(RELEASED)/vault-benchmark $(BENCH_ARGS)

meanwhile: ## each verb by how much there is, and others' grants while it runs (MEANWHILE_ARGS='--sizes "10 1000" --pin')
	@for product in $(MEASURED); do \
	    echo "$(RELEASE_BUILD) --product $$product"; \
	    $(RELEASE_BUILD) --product $$product || exit 1; \
	done
	Tests/Benchmarks/Meanwhile/measure $(MEANWHILE_ARGS) $(RELEASED)

instructions: ## instructions for each grant, against Tests/Benchmarks/Instructions/limits (INSTRUCTIONS_ARGS=--profile)
	@.ci/packages build instructions
	@for product in $(COUNTED); do \
	    echo "$(RELEASE_BUILD) --product $$product"; \
	    $(RELEASE_BUILD) --product $$product || exit 1; \
	done
	Tests/Benchmarks/Instructions/count $(INSTRUCTIONS_ARGS) $(RELEASED)

clean: ## remove all that was built
	rm -rf .build
