# plimsoll: `make` lists what can be done. Two commands do all the set-up on a fresh machine with Go, gcc and make:
# `make run` and `make test`.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

ARCH    ?= $(shell go env GOARCH)
# Tagged commits are releases; every other build says from which commit it is, in an order that dpkg understands.
ifndef VERSION
VERSION := $(shell git describe --tags --exact-match --match 'v*' 2>/dev/null | sed s/^v// | grep . || \
             { n=$$(git rev-list --count HEAD) && c=$$(git rev-parse --short=8 HEAD) && echo "0.0.0+git$$n.$$c"; } 2>/dev/null || echo 0.0.0)
endif
# All times in what is built are the commit's, so that two builds of one commit are the same bytes.
ifndef SOURCE_DATE_EPOCH
SOURCE_DATE_EPOCH := $(shell git log -1 --format=%ct 2>/dev/null || echo 0)
endif
export ARCH VERSION SOURCE_DATE_EPOCH

OUT      := build/$(ARCH)
GOBUILD  := CGO_ENABLED=0 GOARCH=$(ARCH) go build -trimpath -buildvcs=false -ldflags '-s -w -X main.version=$(VERSION)'
TOOL     := go tool -modfile=tools/go.mod
LINT     := $(TOOL) golangci-lint
SCRIPTS  := packaging/run-here docs/runbook/rebuild docs/hooks/dns-failover docs/hooks/leave-word docs/subscribers/subscribe.sh packaging/copyright packaging/check packaging/reproduce packaging/before packaging/rpm-root $(wildcard packaging/scripts/*) .ci/run
FUZZTIME ?= 10s
DEB      := build/plimsoll_$(VERSION)_$(ARCH).deb
RPM      := build/plimsoll-$(VERSION)-1.$(patsubst arm64,aarch64,$(patsubst amd64,x86_64,$(ARCH))).rpm

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## plimsolld, plimsoll and plimsoll-priv, static, in build/
	@mkdir -p $(OUT)
	$(GOBUILD) -o $(OUT)/ ./cmd/plimsolld ./cmd/plimsoll ./cmd/plimsoll-priv
	@if [ "$(ARCH)" = "$$(go env GOHOSTARCH)" ]; then ln -sfn $(ARCH)/plimsolld $(ARCH)/plimsoll build/; fi

.PHONY: run
run: build ## watch this host, unprivileged, with a NATS server of its own, until Ctrl-C
	@packaging/run-here build

HOST ?= testdata/hosts/mirror-loses-a-disk.txtar
PACE ?= 1

.PHONY: demo
demo: build ## faults on a captured host, before the real agent: HOST=testdata/hosts/STORY.txtar
	@go run ./lab/cmd/demo -pace $(PACE) $(HOST)

.PHONY: test
test: ## every test that needs no guest, with the race detector
	@status=0; go test -race -json ./... | go run ./internal/testcount || status=$$?; exit $$status

.PHONY: check
check: check-format check-lint check-tidy check-shell check-arch check-docs check-rules ## format, lint, vet, tidy, scripts, architecture, generated docs

.PHONY: check-format check-lint check-tidy check-shell check-arch check-docs check-rules
check-format:
	$(LINT) fmt --diff
check-lint:
	go vet ./...
	$(LINT) run
check-tidy:
	go mod tidy -diff
	go mod verify
check-shell:
	shellcheck $(SCRIPTS)
check-rules:
	promtool check rules packaging/prometheus/plimsoll.rules.yaml
	promtool test rules packaging/prometheus/plimsoll.test.yaml
check-arch:
	go test .
check-docs:
	go test $(DOCS)

# The packages whose tests write pages of docs/ with -update, and check them without.
DOCS := ./internal/config ./internal/metrics ./internal/priv

.PHONY: docs
docs: ## write the generated pages of docs/ anew
	go test $(DOCS) -update
	@git --no-pager diff --stat -- docs

STATES ?= 6000000

.PHONY: model
model: ## search the protocol of grants for orders of events that break a promise: STATES=n of each
	go test -count=1 -timeout 4h -v -run InTheLarge ./fleet/ledger/model -deep $(STATES)

CHAOS  ?= 60s
AGENTS ?= 20
ALONE  ?= 60s

.PHONY: nats-server
nats-server:
	@mkdir -p build
	go build -o build/nats-server github.com/nats-io/nats-server/v2

.PHONY: fleet-chaos
fleet-chaos: build nats-server ## as root: break a fleet of processes at random, link by link: CHAOS=10m AGENTS=20
	go build -o build/ ./lab/cmd/fleetchaos
	build/fleetchaos -for $(CHAOS) -agents $(AGENTS) chaos

.PHONY: fleet-stories
fleet-stories: build nats-server ## as root: break one thing of it at the worst moment; a minority is on its own for ALONE=10m
	go build -o build/ ./lab/cmd/fleetchaos
	build/fleetchaos -for $(ALONE) stories

LOSSES ?= 20

.PHONY: fleet-power-loss
fleet-power-loss: nats-server ## as root: three servers lose power just after an acknowledgement: LOSSES=20 with each sync_interval
	go build -o build/ ./lab/cmd/powerloss
	build/powerloss -times $(LOSSES)

NATS ?= v2.12.15

.PHONY: hostile
hostile: ## the hostile host on another nats-server than the tests': NATS=v2.12.15, which is the oldest that arbiters answer on
	@mkdir -p build/hostile
	cp go.mod go.sum build/hostile/
	go mod edit -require=github.com/nats-io/nats-server/v2@$(NATS) build/hostile/go.mod
	go test -count=1 -modfile=build/hostile/go.mod -mod=mod -run Hostile ./fleet/bootstrap

HOSTS    ?= 100,1000,3000,10000
SIMFLAGS ?= -write docs/performance.md

.PHONY: fleet-sim
fleet-sim: build nats-server ## as root: what crowds of HOSTS cost a server and an arbiter, and how long leave takes
	go build -o build/ ./lab/cmd/fleetsim
	build/fleetsim -hosts $(HOSTS) $(SIMFLAGS)

.PHONY: fleet-leave
fleet-leave: build nats-server ## as root: how long leave takes in a pool of 100 hosts on three servers; a minute or two
	go build -o build/ ./lab/cmd/fleetsim
	build/fleetsim -hosts "" -feed 0 $(SIMFLAGS)

.PHONY: e2e
e2e: package ## every script in lab/scripts, in guests with real arrays and bonds
	go run ./lab/cmd/lab run -guests 2 $(LAB_FLAGS) lab/scripts/*.lab

NPM_CI = npm ci --silent --no-audit --no-fund
.PHONY: e2e-long
e2e-long: package package-before ## the long stories of lab/scripts/long, in guests
	cd internal/page/browser && $(NPM_CI)
	go run ./lab/cmd/lab run -timeout 20m lab/scripts/long/*.lab

.PHONY: oracle oracle-md oracle-bond
oracle: oracle-md oracle-bond ## break every set of members of every shape, and compare with what we said (an hour or more)
oracle-md:
	go run ./lab/cmd/lab run -deb "" -timeout 4h lab/scripts/oracle/margins-of-arrays.lab
oracle-bond:
	go run ./lab/cmd/lab run -deb "" -timeout 4h lab/scripts/oracle/margins-of-bonds.lab

.PHONY: lab
lab: package ## a shell in a guest, the agent installed, faults one command away
	go run ./lab/cmd/lab shell

# The whole takes half an hour or more. For a glance: make bench BENCHFLAGS="-rounds 3 -idle 30s -changes 0".
BENCHFLAGS ?= -write docs/performance.md
.PHONY: bench
bench: package ## speed and size beside our peers: in a guest, and the benchmarks of every package
	@mkdir -p build
	go test -run '^$$' -bench . -benchmem -benchtime 0.3s -count 5 ./... | tee build/bench.txt
	go run ./lab/cmd/bench -benchmarks build/bench.txt $(BENCHFLAGS)

.PHONY: pages
pages: build ## the status pages in headless Chromium, and pictures of them in build/pages
	go build -o build/ ./lab/cmd/scenes ./lab/cmd/demo
	cd internal/page/browser && $(NPM_CI) && node --test

.PHONY: fuzz
fuzz: ## every fuzz target for FUZZTIME (10s)
	@for pkg in $$(go list ./...); do \
		for target in $$(go test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
			echo "$$pkg $$target"; \
			go test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) $$pkg; \
		done; \
	done

.PHONY: cover
cover: ## how much of each package its tests run, and build/cover.html
	@mkdir -p build
	go test -coverprofile=build/cover.out ./...
	go tool cover -html=build/cover.out -o build/cover.html
	go tool cover -func=build/cover.out | tail -1

.PHONY: package
package: $(DEB) $(RPM) ## the deb and the rpm, in build/
	@ls $^

.PHONY: packages
packages: ## both for every architecture that is supported
	@for arch in amd64 arm64; do $(MAKE) --no-print-directory package ARCH=$$arch; done

# Every time anew: go build knows better than make what has changed.
.PHONY: $(DEB) $(RPM)
$(DEB): packager := deb
$(RPM): packager := rpm
$(DEB) $(RPM): package-parts
	$(TOOL) nfpm package --config nfpm.yaml --packager $(packager) --target $@

# What nfpm.yaml names and is made, not written. What the commands say of themselves is the same on every architecture.
.PHONY: package-parts
package-parts: build
	@rm -rf build/doc && mkdir -p build/doc
	TZ=UTC GOARCH= go run ./cmd/plimsoll docs --man build/doc/man1
	GOARCH= go run ./cmd/plimsoll config schema >build/doc/config.schema.json
	GOARCH= go run ./cmd/plimsoll completion bash >build/doc/plimsoll.bash
	GOARCH= go run ./cmd/plimsoll completion zsh >build/doc/_plimsoll
	GOARCH= go run ./cmd/plimsoll completion fish >build/doc/plimsoll.fish
	cp packaging/man/plimsolld.8 packaging/man/plimsoll-priv.8 build/doc/
	cp CHANGELOG.md build/doc/changelog
	gzip -n9 build/doc/man1/* build/doc/*.8 build/doc/changelog
	packaging/copyright >build/doc/copyright
	GOARCH= go run ./packaging/sbom -name plimsoll -version '$(VERSION)' -epoch $(SOURCE_DATE_EPOCH) \
		$(OUT)/plimsolld $(OUT)/plimsoll $(OUT)/plimsoll-priv >build/doc/plimsoll.cdx.json
	@chmod -R u=rwX,go=rX build/doc

# Some minutes, if nothing was compiled for it before; so it is no part of check.
.PHONY: check-arm64
check-arm64: package ## vet for arm64, and the same files in its deb as in this machine's
	GOARCH=arm64 go vet ./...
	$(MAKE) --no-print-directory package ARCH=arm64
	diff <($(call files,$(DEB))) <($(call files,$(DEB:$(ARCH).deb=arm64.deb)))
	@echo "arm64: the same files"

# Modes, owners, names and targets of what is in a deb.
files = dpkg-deb -c $(1) | awk '{print $$1, $$2, $$6, $$7, $$8}'

# What to upgrade from: the last release, or the last commit whose packages were put together otherwise.
BEFORE ?= $(shell git describe --tags --abbrev=0 --match 'v*' HEAD~1 2>/dev/null || git log -1 --format=%H~1 -- nfpm.yaml packaging)

.PHONY: package-before
package-before: ## the packages of an earlier commit, in build/before: BEFORE=commit
	packaging/before '$(BEFORE)'

.PHONY: check-package
check-package: package ## the packages by lintian, rpmlint and each other, the units by systemd, and a second build byte for byte
	packaging/check $(DEB) $(RPM)
	packaging/reproduce $(DEB) $(RPM)

.PHONY: check-rpm
check-rpm: package package-before ## as root: the rpm installed, upgraded, taken back and erased in a root that rpm keeps
	packaging/rpm-root build/before/plimsoll-*.rpm $(RPM)

.PHONY: clean
clean: ## remove build/, but for the lab's images
	find build -mindepth 1 -maxdepth 1 ! -name lab ! -name go.mod -exec rm -rf --one-file-system {} +
