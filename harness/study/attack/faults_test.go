package attack

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/byzantine"
	"github.com/powbench/powbench/protocols/catalog"
)

var loads = []time.Duration{time.Second, 4 * time.Second, 5 * time.Second, 12 * time.Second}

// down follows a plan and returns the largest number of servers that were cut off or dead at once, and how many are in
// the end.
func down(t *testing.T, faults []fault, servers int) (most, last int) {
	t.Helper()
	out := map[int]bool{}
	for _, f := range faults {
		if f.server < 0 || f.server >= servers {
			t.Errorf("%v, of %d servers", f, servers)
		}
		switch f.deed {
		case cut, kill:
			if out[f.server] {
				t.Errorf("%v, where it is out already", f)
			}
			out[f.server] = true
		case heal, restart, deceive:
			if !out[f.server] {
				t.Errorf("%v, where it was not out", f)
			}
			delete(out, f.server)
		}
		most = max(most, len(out))
	}
	return most, len(out)
}

// TestPlans follows every plan: faults are in order, within the load, at no more servers at once than the attack says,
// and servers that are to come back do.
func TestPlans(t *testing.T) {
	stay := func(attack string, t int) int { return map[string]int{killForGood: t, damagedFile: 1}[attack] }
	for _, p := range catalog.All() {
		for f := 1; f <= 3; f++ {
			for _, a := range All() {
				for _, load := range loads {
					t.Run(fmt.Sprintf("%s t=%d %s %v", protocols.NameOf(p), f, a.ID, load), func(t *testing.T) {
						faults := plan(a, p.Traits(f).Servers, f, load)
						checkOrder(t, faults, load)
						most, last := down(t, faults, p.Traits(f).Servers)
						bound := max(f, f*a.Isolate[0]+a.Isolate[1])
						if most > bound {
							t.Errorf("%d servers are out at once, want %d at most", most, bound)
						}
						if want := stay(a.ID, f); last != want {
							t.Errorf("%d servers are out in the end, want %d", last, want)
						}
					})
				}
			}
		}
	}
}

func checkOrder(t *testing.T, faults []fault, load time.Duration) {
	t.Helper()
	if !slices.IsSortedFunc(faults, func(a, b fault) int { return int(a.at - b.at) }) {
		t.Errorf("not in order: %v", faults)
	}
	if n := len(faults); n > 0 && (faults[0].at < 0 || faults[n-1].at > load) {
		t.Errorf("from %v to %v in a load of %v", faults[0].at, faults[n-1].at, load)
	}
}

// Every fault that needs one has a plan that does something.
func TestPlansAreNotEmpty(t *testing.T) {
	for _, a := range All() {
		wanted := a.Isolate != [2]int{} || a.Resets || slices.Contains(
			[]string{killEach, killForGood, fullDisk, damagedFile, result.Timeline}, a.ID)
		if got := len(plan(a, 4, 1, loads[0])) > 0; got != wanted {
			t.Errorf("%s has a plan: %v", a.ID, got)
		}
	}
	if n := len(plan(mustAttack("N5"), 4, 1, loads[0])); n < 20 {
		t.Errorf("%d resets", n)
	}
}

// TestRotation: liars are never cut off; when servers come back that missed something, t others of the correct ones are
// cut off at that moment; never more than t are out; and each correct server takes its turn.
func TestRotation(t *testing.T) {
	for _, p := range catalog.All() {
		for f := 1; f <= 3; f++ {
			servers, rounds := p.Traits(f).Servers, 12
			faults := rotation(f, servers, f, rounds)
			checkOrder(t, faults, time.Duration(rounds)*rotationTime)
			if most, last := down(t, faults, servers); most != f || last != 0 {
				t.Errorf("%s, t=%d: %d out at once, %d in the end", protocols.NameOf(p), f, most, last)
			}
			turns := map[int]int{}
			for i, x := range faults {
				if x.server < f {
					t.Errorf("%v, a liar", x)
				}
				if x.deed == cut && x.at%rotationTime == 0 {
					turns[x.server]++
				}
				second := x.deed == cut && x.at%rotationTime == cutTime
				if second && !slices.ContainsFunc(faults[:i], func(y fault) bool { return y.deed == heal && y.at == x.at }) {
					t.Errorf("%v, when nobody comes back", x)
				}
			}
			if len(turns) != servers-f {
				t.Errorf("%s, t=%d: only %v miss something", protocols.NameOf(p), f, turns)
			}
		}
	}
}

// The story is what its title says.
func TestTimelinePlan(t *testing.T) {
	var told []string
	for _, f := range plan(byzantine.Attack{ID: result.Timeline}, 4, 1, 12*time.Second) {
		told = append(told, fmt.Sprintf("%v %v", f.at, f))
	}
	want := "3s server 1 is killed, 6s server 1 is started again and lies, " +
		"9s server 1 is killed, 9s server 1 is started again"
	if got := strings.Join(told, ", "); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if a := lie(protocolOf(t, "mpowerstore")); a.ID != "B3" {
		t.Errorf("M-PoWerStore is lied to by %s, want B3", a.ID)
	}
	if a := lie(protocolOf(t, "mabd")); a.ID != "B2" {
		t.Errorf("M-ABD is lied to by %s, want B2", a.ID)
	}
}

func TestByID(t *testing.T) {
	for _, a := range All() {
		for _, name := range []string{a.ID, strings.ToLower(a.ID), a.Name} {
			if got, err := ByID(name); err != nil || got.ID != a.ID {
				t.Errorf("ByID(%q): %v, %v", name, got.ID, err)
			}
		}
	}
	_, err := ByID("B99")
	if err == nil || !strings.Contains(err.Error(), "none, B0") || !strings.Contains(err.Error(), "F4, timeline") {
		t.Errorf("error %v does not list the attacks", err)
	}
}

// Where links are needed, loopback will not do: to cut servers off, and to bring stale reads about.
func TestNeedsLinks(t *testing.T) {
	for _, c := range []struct {
		attack, protocol string
		want             bool
	}{
		{"N1", "mpowerstore", true},
		{"N2", "mabd", true},
		{"B2", "mabd", true},
		{"B8", "mabd", true},
		{"B11", "mabd", true},
		{"B2", "mpowerstore", false},
		{"B3", "mabd", false},
		{"N5", "mabd", false},
		{"F1", "mabd", false},
		{"W3", "mabd", false},
	} {
		a, err := ByID(c.attack)
		if err != nil {
			t.Fatal(err)
		}
		if got := needsLinks(a, protocolOf(t, c.protocol)); got != c.want {
			t.Errorf("%s on %s: %v", c.attack, c.protocol, got)
		}
	}
}
