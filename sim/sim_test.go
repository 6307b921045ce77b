package sim

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/byzantine"
	"github.com/powbench/powbench/protocols/cas"
	"github.com/powbench/powbench/protocols/catalog"
	"github.com/powbench/powbench/protocols/mabd"
	"github.com/powbench/powbench/protocols/mpowerstore/variants"
	"github.com/powbench/powbench/protocols/suite"
)

// explore plays schedules from seed 1 on.
func explore(t *testing.T, s Scenario, schedules uint64) *Tally {
	t.Helper()
	tally, err := Explore(context.Background(), s, 1, schedules, runtime.GOMAXPROCS(0), nil)
	if err != nil {
		t.Fatal(err)
	}
	return tally
}

// repeat is the command that repeats a schedule.
func repeat(s Scenario, seed uint64) string {
	return fmt.Sprintf("powbench simulate --protocol %s --attack %s --t %d --durability %s --seed %d --schedules 1 --trace",
		protocols.NameOf(s.Protocol), s.Attack.ID, s.T, s.Durability, seed)
}

// demand fails the test unless the tally is as expected, and names the seeds that repeat what is not.
func demand(t *testing.T, s Scenario, tally *Tally) {
	t.Helper()
	want := s.Attack.Expected(s.Protocol)
	if want.Holds(tally.Harms) {
		return
	}
	for harm, seed := range tally.First {
		t.Logf("%s: %s", harm, repeat(s, seed))
	}
	t.Errorf("%d schedules: %v, want %s", tally.Schedules, tally.Harms, want)
}

// Every row of the catalogue has the outcome that it promises, for every protocol.
func TestCatalog(t *testing.T) {
	for i, p := range catalog.All() {
		for _, a := range append(catalog.Against(p), byzantine.Attack{ID: "none"}) {
			t.Run(protocols.NameOf(p)+"/"+a.ID, func(t *testing.T) {
				s := Scenario{Protocol: p, T: 1, Durability: protocols.Fsync, Attack: a}
				demand(t, s, explore(t, s, enough(s, i, 300, 60)))
			})
		}
	}
}

// measured is how many protocols of the catalogue the paper measures or PoWBench began with: they are played for longer.
const measured = 5

// enough is how many schedules of the i-th protocol are enough: the first number for those that are measured, the second for
// others; and 300 where harm must come about.
func enough(s Scenario, i int, first, others uint64) uint64 {
	switch {
	case s.Attack.Expected(s.Protocol).Harm != byzantine.NoHarm:
		return 300
	case i < measured:
		return first
	}
	return others
}

// A variant withstands what its protocol does. Where only the suite's signatures differ, the attack that has it all is
// enough.
func TestVariants(t *testing.T) {
	for _, p := range catalog.Variants() {
		primitives, err := protocols.SuiteFor(p, "modern")
		if err != nil {
			t.Fatal(err)
		}
		attacks := append(catalog.Against(p), byzantine.Attack{ID: "none"})
		if primitives != suite.Modern() {
			attacks = attacks[:1]
		}
		attacks = slices.DeleteFunc(attacks, func(a byzantine.Attack) bool { return a.Writer != nil }) // not what variants are about
		for _, a := range attacks {
			s, schedules := Scenario{Protocol: p, T: 1, Durability: protocols.Fsync, Attack: a}, uint64(20)
			if a.Expected(p).Harm != byzantine.NoHarm {
				schedules = 300 // it must come about
			}
			t.Run(protocols.NameOf(p)+"/"+a.ID, func(t *testing.T) { demand(t, s, explore(t, s, schedules)) })
		}
	}
}

// So it is with more servers and with the paper's primitives.
func TestMoreFaults(t *testing.T) {
	for i, p := range catalog.All() {
		for _, a := range catalog.Against(p) {
			s := Scenario{Protocol: p, T: 2, Durability: protocols.Fsync, Attack: a}
			if a.Writer != nil && a.Expected(p).Harm != byzantine.NoHarm {
				continue // TestCatalog shows it
			}
			t.Run(protocols.NameOf(p)+"/"+a.ID, func(t *testing.T) { demand(t, s, explore(t, s, enough(s, i, 60, 15))) })
		}
	}
}

// A bounded history costs READs rounds under many WRITEs to one key, fewer the more of it is kept, and nothing else.
func TestBoundedHistoryUnderContention(t *testing.T) {
	var longer [2]int64
	for i, k := range []int{1, 4} {
		s := Scenario{
			Protocol: variants.Bounded(k), T: 1, Durability: protocols.Fsync, Writers: 3, Keys: 1, Ops: 5,
			Attack: byzantine.Attack{ID: "none"},
		}
		tally := explore(t, s, 300)
		demand(t, s, tally)
		for rounds, n := range tally.Reads {
			if rounds > 2 {
				longer[i] += n
			}
		}
	}
	if longer[0] <= longer[1] || longer[1] == 0 {
		t.Errorf("%d READs of more than two rounds where one entry is kept, %d where four are", longer[0], longer[1])
	}
}

// A server that forgets what it acknowledged counts as faulty: where servers may lie, t of them do no harm. Where they
// may only crash, one does.
func TestServersThatForget(t *testing.T) {
	for _, p := range catalog.All() {
		for _, d := range []protocols.Durability{protocols.Unsynced, protocols.Volatile} {
			t.Run(protocols.NameOf(p)+"/"+string(d), func(t *testing.T) {
				s := Scenario{Protocol: p, T: 1, Durability: d, Writers: 1, Readers: 3, Keys: 1, Ops: 5, Attack: byzantine.Attack{ID: "none"}}
				tally := explore(t, s, 500)
				if protocols.NameOf(p) != "mabd" {
					demand(t, s, tally)
				} else if tally.Harms[byzantine.Stale] == 0 {
					t.Errorf("M-ABD survived servers that forget: %v", tally.Harms)
				}
			})
		}
	}
}

// What is beyond a protocol's model is played all the same, and the harm is found.
func TestBeyondTheModel(t *testing.T) {
	for attack, harm := range map[string]byzantine.Harm{"B3": byzantine.Hang, "B5": byzantine.Phantom} {
		s := Scenario{Protocol: cas.Protocol{}, T: 1, Durability: protocols.Fsync, Attack: mustAttack(t, attack)}
		if want := (byzantine.Expectation{Beyond: true}); s.Attack.Expected(s.Protocol) != want {
			t.Errorf("%s on CAS: expected is %s", attack, s.Attack.Expected(s.Protocol))
		}
		if tally := explore(t, s, 100); tally.Harms[harm] == 0 {
			t.Errorf("%s on CAS: %v, want a %s", attack, tally.Harms, harm)
		}
	}
}

// One seed is one schedule, bit for bit; another is another.
func TestSeedDecidesTheSchedule(t *testing.T) {
	for _, p := range catalog.All() {
		s := Scenario{Protocol: p, Attack: mustAttack(t, "B0")}
		first, second, other := mustTrace(t, s, 7, nil), mustTrace(t, s, 7, nil), mustTrace(t, s, 8, nil)
		if !slices.Equal(first.Trace, second.Trace) {
			t.Errorf("%s: two traces of one seed differ", protocols.NameOf(p))
		}
		if slices.Equal(first.Trace, other.Trace) || len(first.Trace) < 50 {
			t.Errorf("%s: seeds 7 and 8 have the same %d lines", protocols.NameOf(p), len(first.Trace))
		}
	}
}

// The number of workers changes nothing.
func TestWorkersDoNotMatter(t *testing.T) {
	s := Scenario{Protocol: mabd.Protocol{}, Attack: mustAttack(t, "B2")}
	one, err := Explore(context.Background(), s, 1, 100, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	four, err := Explore(context.Background(), s, 1, 100, 4, nil)
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(*one) != fmt.Sprint(*four) {
		t.Errorf("%v and %v", *one, *four)
	}
}

// With all choices muted nothing happens.
func TestMuted(t *testing.T) {
	o := mustTrace(t, Scenario{Protocol: mabd.Protocol{}}, 1, []Choice{})
	if o.Operations != 0 || len(o.Findings) != 0 {
		t.Errorf("%d operations, %v", o.Operations, o.Findings)
	}
}

// A shrunk schedule still fails in the same way, and is much smaller.
func TestShrink(t *testing.T) {
	s := Scenario{Protocol: mabd.Protocol{}, T: 1, Durability: protocols.Fsync, Attack: mustAttack(t, "B2")}
	seed := explore(t, s, 600).First[byzantine.Stale]
	choices, err := Shrink(s, seed)
	if err != nil {
		t.Fatal(err)
	}
	whole, shrunk := mustTrace(t, s, seed, nil), mustTrace(t, s, seed, choices)
	if shrunk.Harm() != byzantine.Stale {
		t.Fatalf("the shrunk schedule comes to %q", shrunk.Harm())
	}
	if shrunk.Operations > 4 || len(shrunk.Trace) >= len(whole.Trace)/2 {
		t.Errorf("shrunk from %d operations and %d lines to %d and %d", whole.Operations, len(whole.Trace), shrunk.Operations,
			len(shrunk.Trace))
	}
	for i := range choices {
		if o := mustTrace(t, s, seed, slices.Concat(choices[:i], choices[i+1:])); o.Harm() == byzantine.Stale {
			t.Errorf("%v is not needed", choices[i])
		}
	}
}

// selfish is M-ABD whose READs do not write back.
type selfish struct{ mabd.Protocol }

type selfishRegister struct{ protocols.Register }

type selfishRead struct{ protocols.Operation }

func (p selfish) NewRegister(params protocols.ClientParams) protocols.Register {
	return selfishRegister{p.Protocol.NewRegister(params)}
}

func (r selfishRegister) Read(key protocols.Key, mem protocols.Memory) protocols.Operation {
	return selfishRead{r.Register.Read(key, mem)}
}

func (r selfishRead) Answer(round, server int, reply protocols.Message) protocols.Step {
	step := r.Operation.Answer(round, server, reply)
	return protocols.Step{Done: step.Done || step.Next != nil}
}

// greedy is M-ABD whose READs want an answer of every server.
type greedy struct{ mabd.Protocol }

type greedyRegister struct{ protocols.Register }

type greedyRead struct {
	protocols.Operation
	replies int
}

func (p greedy) NewRegister(params protocols.ClientParams) protocols.Register {
	return greedyRegister{p.Protocol.NewRegister(params)}
}

func (r greedyRegister) Read(key protocols.Key, mem protocols.Memory) protocols.Operation {
	return &greedyRead{Operation: r.Register.Read(key, mem)}
}

func (r *greedyRead) Answer(round, server int, reply protocols.Message) protocols.Step {
	if r.replies++; r.replies < 3 {
		return protocols.Wait()
	}
	return r.Operation.Answer(round, server, reply)
}

// Broken protocols are told from sound ones.
func TestBrokenProtocols(t *testing.T) {
	for want, p := range map[byzantine.Harm]protocols.Protocol{byzantine.Stale: selfish{}, byzantine.Hang: greedy{}} {
		if tally := explore(t, Scenario{Protocol: p}, 500); tally.Harms[want] == 0 {
			t.Errorf("%T: %v, want %s", p, tally.Harms, want)
		}
	}
}

func TestBadScenarios(t *testing.T) {
	for name, s := range map[string]Scenario{
		"no protocol":  {},
		"t":            {Protocol: mabd.Protocol{}, T: -1},
		"many servers": {Protocol: mabd.Protocol{}, T: 32},
		"suite":        {Protocol: mabd.Protocol{}, Suite: "none"},
		"durability":   {Protocol: mabd.Protocol{}, Durability: "paper"},
		"clients":      {Protocol: mabd.Protocol{}, Readers: maxClients},
		"operations":   {Protocol: mabd.Protocol{}, Ops: maxOps + 1},
	} {
		if _, err := Run(s, 1); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func mustAttack(t *testing.T, id string) byzantine.Attack {
	t.Helper()
	a, err := catalog.Attack(id)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func mustTrace(t *testing.T, s Scenario, seed uint64, only []Choice) *Outcome {
	t.Helper()
	o, err := Trace(s, seed, only)
	if err != nil {
		t.Fatal(err)
	}
	return o
}
