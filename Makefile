# PoWBench: `make help` lists what there is to make.

SHELL   := /bin/bash
GO      ?= go
BIN     := bin/powbench
ANALYSIS := bin/powbench-analysis
RESULTS := results
LAN     := configs/fig2a.yaml configs/fig2b.yaml configs/fig2c.yaml
WAN     := configs/fig2d.yaml configs/wan.yaml

ABLATIONS := configs/ablation.yaml configs/setup.yaml configs/single.yaml configs/openloop.yaml configs/owed.yaml

# QUICK=1: a few minutes' version with fewer points and repetitions. RESUME=1: continue an interrupted run. HOSTS=hosts.yaml: on the
# machines of a cluster (docs/cluster.md).
machines := $(if $(HOSTS),--hosts $(HOSTS))
run_flags := --results $(RESULTS) $(if $(QUICK),--quick) $(if $(RESUME),--resume) $(machines)

# The newest run of every experiment, also of one's own, but no soak, of which there is nothing to draw; on a fresh clone the
# reference results.
sets = $(or $(filter-out %/soak/latest,$(wildcard $(RESULTS)/*/latest)),\
	$(patsubst %/manifest.json,%,$(wildcard $(RESULTS)/reference/*/manifest.json $(RESULTS)/reference/*/*/manifest.json)))

# What simulations found, which decides claims too.
simulations = $(or $(wildcard $(RESULTS)/simulation/*.json),$(wildcard $(RESULTS)/reference/simulation/*.json))

TOOL := $(GO) tool -modfile=.ci/tools.mod

.DEFAULT_GOAL := help
.PHONY: help build lan-bench wan-bench tables ablations large sizes registers registers-wan limits sustained auth workloads capacity attack soak simulate contend explore wan-kernel plots report test mutants survivors league fuzz sweep losses race bench lint audit doctor clean FORCE

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: $(BIN) ## build bin/powbench

$(BIN): FORCE
	$(GO) build -buildvcs=auto -o $@ ./cmd/powbench

lan-bench: build ## measure and draw Figure 2(a)-(c) on the emulated LAN (QUICK=1: minutes; RESUME=1: continue)
	$(BIN) run $(run_flags) $(LAN)
	$(MAKE) plots

wan-bench: build wan-kernel ## measure and draw Figure 2(d) and a curve on the emulated WAN (QUICK=1, RESUME=1 as above)
	$(BIN) run $(run_flags) $(WAN)
	$(MAKE) plots

tables: build ## measure Tables 1 and 3: what proofs and signatures cost; rounds, messages and bytes
	$(BIN) costs --results $(RESULTS) configs/table1.yaml
	$(BIN) run $(run_flags) configs/table3.yaml
	$(MAKE) plots

ablations: build ## measure variants, suites, durabilities, one writer or many, open loops (QUICK=1, RESUME=1 as above)
	$(BIN) run $(run_flags) $(ABLATIONS)
	$(MAKE) plots

large: build ## measure Figure 2(b) with files of 1 MiB (QUICK=1, RESUME=1 as above)
	$(BIN) run $(run_flags) configs/large.yaml
	$(MAKE) plots

sizes: build ## measure values of 256 B to 16 MiB at t = 1, 3, 10: from which size on it pays (QUICK=1, RESUME=1 as above)
	$(BIN) run $(run_flags) configs/sizes.yaml
	$(MAKE) plots

registers: build ## measure the registers of Table 3 side by side, and bytes to t = 10 (QUICK=1, RESUME=1 as above)
	$(BIN) run $(run_flags) configs/registers.yaml configs/growth.yaml
	$(MAKE) plots

registers-wan: build wan-kernel ## measure one client of each of those registers in the emulated WAN (QUICK=1, RESUME=1 as above)
	$(BIN) run $(run_flags) configs/registers-wan.yaml
	$(MAKE) plots

limits: build ## measure every protocol beside its ceiling, what recording costs, and where time goes, without a limit of the network (QUICK=1, RESUME=1 as above)
	$(BIN) run $(run_flags) configs/limits-point.yaml configs/limits.yaml configs/limits-small.yaml configs/limits-large.yaml configs/recorder.yaml
	$(BIN) run --profile $(run_flags) configs/limits-profile.yaml
	$(MAKE) plots

sustained: build ## measure five and ten minutes of WRITEs at the peak: is it steady? (65 minutes, 40 GB; QUICK=1: seconds each)
	$(BIN) run $(run_flags) configs/sustained.yaml configs/endurance.yaml
	$(MAKE) plots

auth: build ## measure what TLS with certificates costs, beside connections in the clear (QUICK=1, RESUME=1 as above)
	$(BIN) run $(run_flags) configs/auth.yaml
	$(MAKE) plots

workloads: build ## measure READs and WRITEs mixed, sizes from distributions, popular keys (QUICK=1, RESUME=1 as above)
	$(BIN) run $(run_flags) configs/mixed.yaml configs/objects.yaml configs/zipf.yaml
	$(MAKE) plots

capacity: build ## search the highest rate that keeps a bound on p99, without attack and under each (QUICK=1, RESUME=1 as above)
	$(BIN) run $(run_flags) configs/capacity.yaml
	$(MAKE) plots

attack: build ## attack the protocols with real processes and check what comes of it (FULL=1: longer loads)
	$(BIN) attack --results $(RESULTS) $(if $(FULL),,--quick) $(machines)

soak: build ## let all protocols work under all faults for DURATION=2h, and find what leaks or breaks
	$(BIN) soak --results $(RESULTS) --duration $(or $(DURATION),2h)

simulate: build ## attack the protocols in virtual time, on SCHEDULES=1000 schedules of each attack
	$(BIN) simulate --schedules $(or $(SCHEDULES),1000) --out $(RESULTS)/simulation/t1.json

contend: build ## count how often READs begin again beside more and more WRITEs, in virtual time
	$(BIN) contend --out $(RESULTS)/contended/t1.json --figures $(RESULTS)/figures

explore: build ## play every order of deliveries of small scopes: hours (BOUND=1m: of each; RESUME=1: continue; JOBS=2: at a time, 4 GB each)
	$(BIN) explore --jobs $(or $(JOBS),$(shell nproc)) --bound $(or $(BOUND),30m) --out $(RESULTS)/simulation/explored.json $(if $(RESUME),--resume)

# A kernel with NetEm: this machine's, or that of a guest, which Debian and Ubuntu have and root installs.
wan-kernel: build
	@$(BIN) doctor --wan || { test $$(id -u) = 0 && command -v apt-get >/dev/null && \
		apt-get update -qq && apt-get install -y --no-install-recommends user-mode-linux; } && $(BIN) doctor --wan

# Reading results takes no protocol, network or database: this binary is built from nothing in a quarter of the time.
$(ANALYSIS): FORCE
	$(GO) build -buildvcs=auto -o $@ ./cmd/powbench-analysis

plots: $(ANALYSIS) ## draw all figures and tables again, from results/ alone
	@test -n "$(strip $(sets))" || { echo "no results yet: make lan-bench" >&2; exit 1; }
	$(ANALYSIS) plot --out $(RESULTS)/figures $(sets)

report: $(ANALYSIS) ## say which claims hold and write results/report.html, all of it in one file, from results/ alone
	@test -n "$(strip $(sets))" || { echo "no results yet: make lan-bench" >&2; exit 1; }
	$(ANALYSIS) report --out $(RESULTS)/report.html $(addprefix --simulated ,$(simulations)) $(sets)

test: ## run all tests; the last ones run real processes on the shaped testbed
	$(GO) vet ./...
	$(call run_tests,$$($(GO) list ./... | grep -v -e /harness/command -e /netem))
	$(call run_tests,-p 1 ./netem/...) # one after the other: they measure
	$(call run_tests,-count=1 -timeout 30m ./harness/command)

# Runs tests and shows a line per package and per test that was skipped for want of something; all, if one fails.
define run_tests
	@log=$$(mktemp); $(GO) test -v $(1) 2>&1 | tee $$log | grep --line-buffered -E '^(ok|FAIL)|skipped: '; \
		status=$${PIPESTATUS[0]}; test $$status -eq 0 || { cat $$log; echo; grep -E '^ *--- FAIL|^FAIL' $$log; }; rm $$log; exit $$status
endef

# The parts whose speed matters, each by itself, and whole rounds and operations over loopback.
bench_packages := ./protocols/wire ./protocols/suite ./protocols/pow ./protocols/dispersal ./transport ./storage ./workloads \
	./harness/history ./harness/client
benched := $(RESULTS)/bench/$(shell date -u +%Y%m%dT%H%M%SZ).txt

bench: ## run the Go benchmarks, COUNT=6 times, into results/bench (BENCH=regexp: some; OLD=file: compare with it)
	@mkdir -p $(dir $(benched))
	set -o pipefail; $(GO) test -run '^$$' -bench '$(or $(BENCH),.)' -benchmem -count $(or $(COUNT),6) $(bench_packages) | tee $(benched)
	$(TOOL) benchstat $(OLD) $(benched)
	@echo "wrote $(benched)"

mutants: ## make mistakes in all protocols on purpose, one at a time, and see the tests fail: half an hour
	$(GO) test ./sim -run TestMutants -mutants -timeout 2h -v

survivors: ## make every mistake that rules make in PROTOCOL=mabd, and say which no test notices: minutes to an hour
	$(GO) test ./sim -run TestGenerated -generated $(or $(PROTOCOL),mabd) -generated.out $(abspath $(RESULTS))/mutants-$(or $(PROTOCOL),mabd).json -timeout 24h -v

league: $(ANALYSIS) ## let each strategy hunt for each mutant, 30 times, into results/league.json: about an hour (DRAW=10 made by rule of each protocol; 0: all of them, some hours more)
	$(GO) test ./sim -run TestLeague -league -league.generated "$(abspath $(wildcard results/reference/simulation/mutants-*.json))" -league.draw $(or $(DRAW),10) -league.out $(abspath $(RESULTS))/league.json -timeout 12h -v
	$(ANALYSIS) league --out $(RESULTS)/figures $(RESULTS)/league.json

fuzz: ## fuzz every decoder, automaton and reader of files, FUZZTIME=1m each (10000000x: so many executions)
	@for p in $$(grep -rl '^func Fuzz' --include=*_test.go . | xargs -n1 dirname | sort -u); do \
		for f in $$(grep -ho '^func Fuzz[A-Za-z]*' $$p/*_test.go | cut -c6-); do \
			$(GO) test -run '^$$' -fuzz "^$$f\$$" -fuzztime $(or $(FUZZTIME),1m) -fuzzminimizetime 20x $$p || exit 1; \
		done; \
	done

sweep: ## change the seeds of every fuzz target SWEEP=10000000 times, without watching which code that runs: half a day
	@set -o pipefail; export TMPDIR=$${TMPDIR:-$(or $(wildcard /dev/shm),/tmp)}; \
		grep -rl '^func Fuzz' --include=*_test.go . | xargs -n1 dirname | sort -u | xargs -I{} -P$$(nproc) \
		$(GO) test -run '^Fuzz' -v -count=1 -timeout 24h {} -sweep $(or $(SWEEP),10000000) | grep -E 'inputs in|that failed|^(=== RUN +Fuzz[A-Za-z]*$$|--- FAIL|panic|FAIL|ok)'

losses: ## cut the power of stores LOSSES=10000 times, under load, and look for what was acknowledged: an hour
	$(GO) test ./storage -run 'TestPowerFailure' -losses $(or $(LOSSES),10000) -count=1 -timeout 24h -v

race: ## run the tests of what runs concurrently with the race detector: minutes
	$(GO) test -race ./transport ./storage/... ./harness/client ./harness/node ./harness/agent ./sim

lint: ## check style and common mistakes
	$(TOOL) golangci-lint run
	$(TOOL) golangci-lint fmt --diff

audit: ## look for known vulnerabilities in all that is linked, by https://vuln.go.dev (GOVULNDB=URL: another copy), and at licences
	$(GO) test ./docs -run TestLicences -count=1
	@$(TOOL) govulncheck $(if $(GOVULNDB),-db $(GOVULNDB)) ./...; status=$$?; test $$status -eq 0 -o $$status -eq 3 || \
		echo "the database of vulnerabilities could not be asked: set GOVULNDB to a copy that can be reached" >&2; exit $$status

doctor: build ## say what this machine can do
	$(BIN) doctor

clean: ## remove the build; results stay
	rm -rf bin
