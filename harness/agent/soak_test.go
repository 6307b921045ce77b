package agent

import (
	"testing"
	"time"

	"github.com/powbench/powbench/harness/clock"
	"github.com/powbench/powbench/harness/control"
	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols/mabd"
)

// What an agent has forgotten is in no later history; what comes after it is whole, and follows from what came before.
func TestForget(t *testing.T) {
	b := newServers(t, mabd.Protocol{}, 1, "", 0)
	b.agents = []*Agent{b.start(small)}
	var windows history.Windows
	last := int64(0)
	for range 3 {
		b.wantBusy(50*time.Millisecond, asIs)
		window := b.history()
		if len(window) == 0 || window[0].Start <= last {
			t.Errorf("%d operations, the first at %d, want them after %d", len(window), window[0].Start, last)
		}
		for _, e := range window {
			last = max(last, e.End)
		}
		if r := windows.Check(window); r.Code != result.Linearizable {
			t.Errorf("%+v", r)
		}
		if _, err := b.agents[0].Forget(t.Context(), control.Nothing{}); err != nil {
			t.Fatal(err)
		}
		if left := b.history(); len(left) > 0 {
			t.Errorf("%d operations are left", len(left))
		}
	}
}

// A crowd comes to all servers, stays as long as it is to, and goes.
func TestCrowd(t *testing.T) {
	b := newServers(t, mabd.Protocol{}, 1, "", 0)
	b.agents = []*Agent{b.start(small)}
	until := clock.Now() + int64(300*time.Millisecond)
	if n, err := b.agents[0].Crowd(b.soon(), CrowdSpec{Readers: 5, UntilNs: until}); n == 0 || err != nil {
		t.Errorf("%d readers connected: %v", n, err)
	}
	if left := until - clock.Now(); left > 0 {
		t.Errorf("the crowd goes %d ns early", left)
	}
	b.wantBusy(50*time.Millisecond, asIs)
}
