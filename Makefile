# make run and make test do everything on a fresh Debian machine; the other targets are their parts.
CONFIGURATION ?= Release
MINUTES       ?= 30
VERSION        = $(shell packaging/version)
PUBLISHED     := artifacts/publish/qga
ARM64         := artifacts/publish-arm64/qga
PUBLISHED_CTL := artifacts/publish-ctl/qgactl
ARM64_CTL     := artifacts/publish-ctl-arm64/qgactl
DOTNET        := dotnet
# Where tests/install-deps puts the SDK, if the machine has none.
export PATH := $(HOME)/.dotnet:$(PATH)
export DOTNET_CLI_TELEMETRY_OPTOUT = 1
export DOTNET_NOLOGO = 1
export CONFIGURATION

.PHONY: run docs test test-fast test-endurance guest-test guest-test-arm64 bench bench-soak build publish publish-arm64 publish-ctl-arm64 packages deb tarball pack system-test deps format check-format clean

run: publish
	@tests/run-agent $(PUBLISHED) $(PUBLISHED_CTL)

# Ends with one line: N passed, N failed, N skipped.
test: check-format build publish publish-arm64 publish-ctl-arm64
	@tests/run

# Without the slow cases, in three minutes.
test-fast: build publish
	@tests/run fast

# The tests of the published agent, RUNS times in a row: BUSY of them on a busy machine, UNDER_NOHUP of them under nohup.
test-endurance: build publish
	@tests/endurance

guest-test: build publish
	$(DOTNET) test tests/Qga.Guest.Tests --no-build -c $(CONFIGURATION)

# The same on an emulated arm64, as far as that machine has it: seven minutes more.
guest-test-arm64: build publish-arm64
	QGA_GUEST=arm64 $(DOTNET) test tests/Qga.Guest.Tests --no-build -c $(CONFIGURATION)

# Keeps each figure in docs/performance/history.jsonl, and draws those of a clean commit in docs/performance.md.
# BENCH="--only ping --runs 9" is passed on.
bench: build publish
	$(DOTNET) run --project tests/Qga.Bench --no-build -c $(CONFIGURATION) -- $(BENCH)
	$(DOTNET) run --project tests/Qga.Docs --no-build -c $(CONFIGURATION)

# One agent under a load of everything at once, for MINUTES: does it answer right, and does it grow? Samples in artifacts/soak.
bench-soak: build publish
	@tests/install-plotter
	$(DOTNET) run --project tests/Qga.Bench --no-build -c $(CONFIGURATION) -- --soak $(MINUTES)

build: deps
	$(DOTNET) build Qga.sln -c $(CONFIGURATION)

publish: deps $(PUBLISHED) $(PUBLISHED_CTL)

# For arm64, made on x86-64 as well.
publish-arm64: deps $(ARM64)

publish-ctl-arm64: deps $(ARM64_CTL)

# Native code takes a minute or two to make: only when a source is newer.
AGENT_SOURCES := $(shell git ls-files Qga.Platform Qga.Transport Qga.Actors Qga.Host '*.props' global.json)
$(PUBLISHED): $(AGENT_SOURCES)
	$(DOTNET) publish Qga.Host -c $(CONFIGURATION) -r linux-x64 -o $(@D)
	@touch $@

$(ARM64): $(AGENT_SOURCES)
	$(DOTNET) publish Qga.Host -c $(CONFIGURATION) -r linux-arm64 -o $(@D)
	@touch $@

CTL_SOURCES := $(shell git ls-files Qga.Client Qga.Ctl Qga.Host/Native Qga.Host/Hosting/NoAppConfiguration.cs '*.props' global.json)
$(PUBLISHED_CTL): $(CTL_SOURCES)
	$(DOTNET) publish Qga.Ctl -c $(CONFIGURATION) -r linux-x64 -o $(@D)
	@touch $@

$(ARM64_CTL): $(CTL_SOURCES)
	$(DOTNET) publish Qga.Ctl -c $(CONFIGURATION) -r linux-arm64 -o $(@D)
	@touch $@

# Every package of the agent for guests and of qgactl for their hosts, for both architectures, with SHA256SUMS, all in artifacts; looked over
# by Debian's own tools.
packages: publish publish-arm64 publish-ctl-arm64
	packaging/build-packages
	for package in artifacts/qga_$(VERSION)_*.deb; do packaging/check "$$package" || exit; done
	for package in artifacts/qga-$(VERSION)-*.rpm; do packaging/check-rpm "$$package" || exit; done
	for package in artifacts/qgactl_$(VERSION)_*.deb; do packaging/check-ctl "$$package" || exit; done

# Those of Debian, for this architecture alone.
deb: publish
	packaging/check "$$(packaging/build-deb)"
	packaging/check-ctl "$$(packaging/build-ctl | head -n 1)"

# The archives for other distributions, for this architecture alone.
tarball: publish
	packaging/build-tarball
	packaging/build-ctl

# artifacts/Qga.Client.VERSION.nupkg, the library for the host's side.
pack: build
	$(DOTNET) pack Qga.Client --no-build -c $(CONFIGURATION) -o artifacts

# A real Debian of each release, driven by a real libvirt (tests/system/README.md). Not a part of make test: it wants root, and may
# take 25 minutes. SYSTEM_TEST="--release trixie --only watchdog" is passed on.
system-test: deb tarball
	@tests/system/install-deps
	tests/system/run --package "artifacts/qga_$(VERSION)_amd64.deb" --tarball "artifacts/qga-$(VERSION)-linux-x86_64.tar.gz" $(SYSTEM_TEST)

# What is made from the code, docs/protocol.md, schema/qga.schema.json and the commands of Qga.Client, and from the history the figures of docs/performance.md.
# A test fails when they are not what these say.
docs: build
	$(DOTNET) run --project tests/Qga.Docs --no-build -c $(CONFIGURATION)

format:
	$(DOTNET) format Qga.sln

check-format: deps
	$(DOTNET) format Qga.sln --verify-no-changes

deps:
	@tests/install-deps

clean:
	rm -rf artifacts && $(DOTNET) clean Qga.sln -c $(CONFIGURATION) -v q
