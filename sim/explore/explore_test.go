package explore

import (
	"context"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/byzantine"
	"github.com/powbench/powbench/protocols/catalog"
	"github.com/powbench/powbench/protocols/mpowerstore"
	"github.com/powbench/powbench/protocols/mpowerstore/variants"
)

// run explores a scope under a menu, by their names.
func run(t *testing.T, p protocols.Protocol, scope, menu string, r Reductions, all bool) (*Search, *Report) {
	t.Helper()
	s, err := ScopeByName(scope)
	if err != nil {
		t.Fatal(err)
	}
	m, err := MenuByName(menu)
	if err != nil {
		t.Fatal(err)
	}
	x, err := New(Task{Protocol: p, Scope: s, Menu: m, Reductions: r, All: all})
	if err != nil {
		t.Fatal(err)
	}
	report, err := x.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return x, report
}

// measured is how many protocols of the catalogue the paper measures or PoWBench began with: `make explore` plays the larger
// scopes of the others.
const measured = 5

// In every order of deliveries of every scope here, no protocol comes to harm.
func TestSmallScopes(t *testing.T) {
	for i, p := range catalog.All() {
		scopes := [][2]string{
			{"read", "full"}, {"write", "full"}, {"write-then-read", "stale"}, {"write-read", "stale"}, {"dead-then-reads", "stale"},
		}
		if i >= measured {
			scopes = scopes[:2]
		}
		if p.Traits(1).Peers {
			if err := Scopes()[0].Fits(p); err == nil || !strings.Contains(err.Error(), "send each other messages") {
				t.Errorf("%s: %v", protocols.NameOf(p), err)
			}
			continue
		}
		for _, x := range scopes {
			scope, menu := x[0], x[1]
			if p.Traits(1).LyingServers == 0 {
				menu = "crash"
			}
			t.Run(protocols.NameOf(p)+"/"+scope, func(t *testing.T) {
				x, r := run(t, p, scope, menu, Full(), false)
				for _, v := range r.Violations {
					t.Errorf("%s: %s\n%s", v.Harm, v.Detail, strings.Join(x.Tell(v).Trace, "\n"))
				}
				if !r.Complete || r.Executions == 0 || r.States == 0 {
					t.Errorf("%+v", r)
				}
			})
		}
	}
}

// In whatever order steps are tried, what is complete comes to the same; what is stopped has seen another part.
func TestShuffle(t *testing.T) {
	explored := func(seed uint64, b Bound) *Report {
		scope, err1 := ScopeByName("write-read")
		menu, err2 := MenuByName("none")
		x, err3 := New(Task{Protocol: mpowerstore.Protocol{}, Scope: scope, Menu: menu, Reductions: Full(), Shuffle: seed, Bound: b})
		if err := errors.Join(err1, err2, err3); err != nil {
			t.Fatal(err)
		}
		r, err := x.Run(t.Context())
		if err != nil || r.Complete != (b == Bound{}) {
			t.Fatalf("%+v, %v", r, err)
		}
		return r
	}
	few := Bound{Executions: 2000}
	usual, shuffled := explored(0, Bound{}), explored(1, Bound{})
	if !maps.Equal(usual.Outcomes, shuffled.Outcomes) || usual.States != shuffled.States {
		t.Errorf("%d outcomes of %d states, in the usual order %d of %d", len(shuffled.Outcomes), shuffled.States, len(usual.Outcomes), usual.States)
	}
	if explored(1, few).States == explored(2, few).States {
		t.Error("other seeds have seen the same part")
	}
}

// With more and more deviations more comes out, until it is all.
func TestDeviations(t *testing.T) {
	scope, err1 := ScopeByName("write-read")
	menu, err2 := MenuByName("stale")
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	explored := func(deviations int) *Report {
		x, err := New(Task{Protocol: mpowerstore.Protocol{}, Scope: scope, Menu: menu, Reductions: Full(), Deviations: deviations})
		if err != nil {
			t.Fatal(err)
		}
		r, err := x.Run(t.Context())
		if err != nil || !r.Complete || len(r.Violations) > 0 {
			t.Fatalf("%d deviations: %+v, %v", deviations, r, err)
		}
		return r
	}
	all := explored(0)
	last := 0
	for _, deviations := range []int{1, 2, 3, 30} {
		r := explored(deviations)
		for outcome := range r.Outcomes {
			if _, known := all.Outcomes[outcome]; !known {
				t.Errorf("%d deviations: %s does not come out without a bound", deviations, outcome)
			}
		}
		if n := len(r.Outcomes); n < last || deviations == 30 && n != len(all.Outcomes) {
			t.Errorf("%d outcomes with %d deviations, fewer %d, all %d", n, deviations, last, len(all.Outcomes))
		}
		last = len(r.Outcomes)
	}
	if last == 1 {
		t.Error("one outcome alone")
	}
}

// Without any one of the reductions the same comes out, where that can be explored in little time.
func TestReductions(t *testing.T) {
	without := map[string]Reductions{"states": Full(), "merge": Full(), "late": Full(), "lazy": Full(), "lies": Full()}
	for name, r := range without {
		switch name {
		case "states":
			r.States = false
		case "merge":
			r.Merge = false
		case "late":
			r.Late = false
		case "lazy":
			r.Lazy = false
		case "lies":
			r.Lies = false
		}
		without[name] = r
	}
	for _, x := range []struct{ protocol, scope, menu, without string }{
		{"mabd", "write-read", "none", "states merge late lazy"},
		{"mabd", "write-read", "stale", "states merge late lazy lies"},
		{"mabd", "dead-then-reads", "none", "late lazy"},
		{"mpowerstore", "read", "stale", "states merge late lazy lies"},
		{"mpowerstore", "write", "stale", "states late lazy lies"},
		{"mpowerstore", "write-then-read", "stale", "late lazy lies"},
		{"mpowerstore", "write-read", "stale", "lazy lies"},
		{"powerstore", "write-then-read", "stale", "late lazy lies"},
		{"phalanx", "write-then-read", "stale", "late lazy lies"},
		{"phalanx", "write-read", "stale", "lazy lies"},
	} {
		p, err := catalog.ByName(x.protocol)
		if err != nil {
			t.Fatal(err)
		}
		_, want := run(t, p, x.scope, x.menu, Full(), true)
		for _, name := range strings.Fields(x.without) {
			t.Run(strings.Join([]string{x.protocol, x.scope, x.menu, name}, "/"), func(t *testing.T) {
				_, got := run(t, p, x.scope, x.menu, without[name], true)
				if !want.Complete || !got.Complete || got.Steps < want.Steps {
					t.Errorf("complete: %v with %d steps, and %v with %d", want.Complete, want.Steps, got.Complete, got.Steps)
				}
				if a, b := results(want), results(got); !maps.Equal(a, b) {
					t.Errorf("with the reduction %v, without it %v", a, b)
				}
			})
		}
	}
}

// order is that in which operations of an outcome began and ended. It is not compared: where steps are lazy, operations
// begin as late as they can, which makes histories harder to explain and is what violations come from.
var order = regexp.MustCompile(` after [01]+`)

// results are what operations return, with what harm.
func results(r *Report) map[string]bool {
	all := map[string]bool{}
	for outcome, harm := range r.Outcomes {
		all[order.ReplaceAllString(outcome, "")+string(harm)] = true
	}
	return all
}

// A protocol that a liar can harm is harmed, and the way there is shrunk and told.
func TestViolation(t *testing.T) {
	p, err := catalog.ByName("mabd")
	if err != nil {
		t.Fatal(err)
	}
	x, r := run(t, p, "write-read", "stale", Full(), false)
	if len(r.Violations) != 1 || r.Complete || r.Violations[0].Harm != byzantine.Stale {
		t.Fatalf("%+v", r)
	}
	o := x.Tell(r.Violations[0])
	trace := strings.Join(o.Trace, "\n")
	for _, want := range []string{"p2 → s1 #1 round 2 Put{1.2}+40B", "as s3 likes", "p1's READ #1 returns ⊥", "stale read: not linearizable"} {
		if !strings.Contains(trace, want) {
			t.Errorf("no %q in\n%s", want, trace)
		}
	}
	if o.Harm() != byzantine.Stale || len(o.Involved) != 2 || len(o.Trace) > 20 {
		t.Errorf("%v, %v\n%s", o.Findings, o.Involved, trace)
	}
}

// Whatever a hostile reader has servers store, protocols that withstand it come to no harm; M-ABD, whose servers believe readers, does,
// and the trace says who did it.
func TestHostileReader(t *testing.T) {
	for _, p := range catalog.All() {
		if p.Traits(1).Peers || !p.Traits(1).LyingReaders {
			continue
		}
		scope := "write-then-read"
		if name := protocols.NameOf(p); name == "powerstore" || name == "loft" {
			scope = "read" // their servers store what readers write back: `make explore` plays the larger scopes
		}
		t.Run(protocols.NameOf(p), func(t *testing.T) {
			x, r := run(t, p, scope, "reader", Full(), false)
			for _, v := range r.Violations {
				t.Errorf("%s: %s\n%s", v.Harm, v.Detail, strings.Join(x.Tell(v).Trace, "\n"))
			}
			if !r.Complete || !slices.Contains(r.Without, "lazy") {
				t.Errorf("%+v", r)
			}
		})
	}
	p, err := catalog.ByName("mabd")
	if err != nil {
		t.Fatal(err)
	}
	x, r := run(t, p, "write-then-read", "reader", Full(), false)
	if len(r.Violations) != 1 {
		t.Fatalf("%+v", r)
	}
	if trace := strings.Join(x.Tell(r.Violations[0]).Trace, "\n"); !strings.Contains(trace, "a hostile reader → s") {
		t.Error(trace)
	}
}

// D3 of the paper's pseudo-code as printed is found without a script: a candidate of one key makes a READ of another wait
// for ever. Ours withstands the same, all of it.
func TestCandidatesOfAnotherKey(t *testing.T) {
	x, r := run(t, variants.Literal(), "other-key", "full", Full(), false)
	if len(r.Violations) != 1 || r.Violations[0].Harm != byzantine.Hang {
		t.Fatalf("%+v", r)
	}
	if trace := strings.Join(x.Tell(r.Violations[0]).Trace, "\n"); !strings.Contains(trace, "FilterAck{1.2 – 0.0 –}") {
		t.Error(trace)
	}
	if _, r := run(t, mpowerstore.Protocol{}, "other-key", "full", Full(), false); !r.Complete || len(r.Violations) > 0 {
		t.Errorf("%+v", r)
	}
}

// D2 is found without a script, too, among the executions that deviate twice from what happens by itself: a writer dies before its
// COMPLETE arrives, and a liar tells a READ of its WRITE with another MAC in the timestamp. What the next writer writes is lost.
func TestTimestampsOfAnotherMAC(t *testing.T) {
	s, err := ScopeByName("dead-then-read-write-read")
	if err != nil {
		t.Fatal(err)
	}
	m, err := MenuByName("full")
	if err != nil {
		t.Fatal(err)
	}
	without := Full()
	without.Late = false // a violation is looked for again without it
	x, err := New(Task{Protocol: variants.Literal(), Scope: s, Menu: m, Reductions: without, Deviations: 2})
	if err != nil {
		t.Fatal(err)
	}
	r, err := x.Run(t.Context())
	if err != nil || len(r.Violations) != 1 || r.Violations[0].Harm != byzantine.Stale {
		t.Fatalf("%+v, %v", r, err)
	}
	trace := strings.Join(x.Tell(r.Violations[0]).Trace, "\n")
	for _, want := range []string{"p4 dies", "p3 ← s4 #1 round 1 CollectAck{{{1.4 ", "as s4 likes", "p2's WRITE #1 ends, timestamp 1.2", "p1's READ #1 returns 1.1"} {
		if !strings.Contains(trace, want) {
			t.Errorf("no %q in\n%s", want, trace)
		}
	}
}

// Rounds of M-PoWerStore's READs are those of the paper: a stale server alone brings none to a third.
func TestRounds(t *testing.T) {
	_, r := run(t, mpowerstore.Protocol{}, "write-read", "stale", Full(), false)
	if r.Rounds[1] == 0 || r.Rounds[2] == 0 || len(r.Rounds) != 2 {
		t.Errorf("%v", r.Rounds)
	}
}

// A protocol that makes something of late answers is explored without the reduction that drops them, and says so.
func TestLateAnswersThatCount(t *testing.T) {
	_, r := run(t, variants.Lean(), "write-then-read", "none", Full(), false)
	if !r.Complete || len(r.Violations) > 0 || !slices.Equal(r.Without, []string{"late"}) {
		t.Errorf("%+v", r)
	}
}

// An exploration that is stopped is not complete.
func TestBounds(t *testing.T) {
	s, err := ScopeByName("write-read")
	if err != nil {
		t.Fatal(err)
	}
	x, err := New(Task{Protocol: mpowerstore.Protocol{}, Scope: s, Reductions: Full(), Bound: Bound{Executions: 100}})
	if err != nil {
		t.Fatal(err)
	}
	if r, err := x.Run(context.Background()); err != nil || r.Complete || r.Stopped != "after 100 executions" || r.Executions < 100 {
		t.Errorf("%+v, %v", r, err)
	}
	if x, err = New(Task{Protocol: mpowerstore.Protocol{}, Scope: s, Reductions: Full()}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if r, err := x.Run(ctx); err != nil || r.Complete || r.Stopped != Interrupted {
		t.Errorf("%+v, %v", r, err)
	}
}

// A scope that is not one of the protocol is refused.
func TestFits(t *testing.T) {
	p, err := catalog.ByName("powerstore")
	if err != nil {
		t.Fatal(err)
	}
	s, err := ScopeByName("write-write")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := New(Task{Protocol: p, Scope: s}); err == nil || !strings.Contains(err.Error(), "2 writers of one register") {
		t.Errorf("%v", err)
	}
}
