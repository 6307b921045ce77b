package agent

import (
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/mabd"
)

// A WRITE that one server alone has heard of stays pending, and who cannot reach that server READs the old value; who can, READs
// the new one, and all READs after it do.
func TestInterrupt(t *testing.T) {
	b := newServers(t, mabd.Protocol{}, 1, "", 0)
	b.agents = []*Agent{b.start(small)}
	tally, err := b.agents[0].Interrupt(b.soon(), InterruptSpec{
		Writer: 2, Round: 2, Reached: []int{1}, Readers: [][]int{{0, 2}, {2, 1}, {0, 2}},
		PatienceNs: int64(patience), LastNs: int64(patience),
	})
	if err != nil || tally.Errors() > 0 {
		t.Fatalf("%+v, %v", tally, err)
	}
	entries := b.history()
	if r := history.Check(entries); r.Code != result.Linearizable {
		t.Errorf("history: %+v", r)
	}
	var writes, reads []history.Entry
	for _, e := range entries {
		if e.Op == protocols.Write {
			writes = append(writes, e)
		} else {
			reads = append(reads, e)
		}
	}
	if len(writes) != 2 || len(reads) != 3 {
		t.Fatalf("%d WRITEs, %d READs", len(writes), len(reads))
	}
	old, interrupted := writes[0], writes[1]
	if old.Outcome != history.OK || interrupted.Outcome != history.Pending {
		t.Errorf("WRITEs %+v", writes)
	}
	for i, want := range []history.Entry{old, interrupted, interrupted} {
		if reads[i].Outcome != history.OK || reads[i].Value != want.Value || reads[i].Client == want.Client {
			t.Errorf("READ %d: %+v, want the value %+v of another client", i+1, reads[i], want.Value)
		}
	}
}

// All protocols withstand it, in each round in which the writer may die.
func TestInterruptedEverywhere(t *testing.T) {
	each(t, func(t *testing.T, p protocols.Protocol) {
		b := newServers(t, p, 1, "", 0)
		b.agents = []*Agent{b.start(small)}
		is := p.Traits(1)
		all := make([]int, is.Servers)
		for i := range all {
			all[i] = i
		}
		for round := range is.Write {
			for reached := 1; reached < is.Servers; reached++ {
				tally, err := b.agents[0].Interrupt(b.soon(), InterruptSpec{
					Writer: reached, Round: round + 1, Reached: all[:reached], Readers: [][]int{all[:is.Servers-1], all[1:], all},
					PatienceNs: int64(patience), LastNs: 20e6,
				})
				if err != nil || tally.Errors() > 0 {
					t.Errorf("interrupted in round %d at %d servers: %+v, %v", round+1, reached, tally, err)
				}
			}
		}
		if r := history.Check(b.history()); r.Code != result.Linearizable {
			t.Errorf("history: %+v", r)
		}
	})
}

func TestInterruptRefuses(t *testing.T) {
	b := newServers(t, mabd.Protocol{}, 1, "", 0)
	a := b.start(small)
	for want, spec := range map[string]InterruptSpec{
		"client 5 of 5":   {Writer: clients, Round: 1},
		"in round 0":      {},
		"reach server 3:": {Round: 1, Readers: [][]int{{0, 3}}},
	} {
		if _, err := a.Interrupt(b.soon(), spec); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: error %v, want %q in it", spec, err, want)
		}
	}
}
