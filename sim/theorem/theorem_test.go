package theorem

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/mabd"
	"github.com/powbench/powbench/protocols/mpowerstore"
	"github.com/powbench/powbench/protocols/phalanx"
)

var update = flag.Bool("update", false, "write testdata/table.txt anew")

// Every fast and selfish register on at most 4t servers fails in one of two histories that rd1 cannot tell apart;
// also, as the paper notes, on at most 3t servers that only crash.
func TestTheoremA1(t *testing.T) {
	var table strings.Builder
	fmt.Fprintf(&table, "%-9s  t  |T4|   S   θ  %-6s  %-16s  %s\n", "servers", "policy", "H4", "H6")
	for faults := 1; faults <= 3; faults++ {
		for _, p := range family(faults) {
			h4, h6 := play(t, p, faults)
			want4, want6 := expected(p, faults)
			if h4 != want4 || h6 != want6 {
				t.Errorf("t=%d %+v: H4 %s, H6 %s, want %s and %s", faults, p, h4, h6, want4, want6)
			}
			fmt.Fprintf(&table, "%-9s  %d  %4d  %2d  %2d  %-6s  %-16s  %s\n", fault(p), faults, p.Last, p.Traits(faults).Servers,
				p.Threshold, p.Policy, h4, h6)
		}
	}
	compare(t, "testdata/table.txt", table.String())
}

// family is all members of the family that tolerate the faults.
func family(faults int) (all []FastSelfish) {
	for _, crashOnly := range []bool{false, true} {
		for last := 1; last <= faults; last++ {
			p := FastSelfish{CrashOnly: crashOnly, Last: last}
			for p.Threshold = 1; p.Threshold <= p.Traits(faults).Quorum; p.Threshold++ {
				for _, p.Policy = range []Policy{Bottom, Block} {
					all = append(all, p)
				}
			}
		}
	}
	return all
}

func fault(p FastSelfish) string {
	if p.CrashOnly {
		return "crash"
	}
	return "Byzantine"
}

// play plays both histories and checks the step of the proof that joins them: rd1 ends without T1, and sees and
// returns the same in both.
func play(t *testing.T, p FastSelfish, faults int) (h4, h6 ending) {
	s4, s6 := newStage(t, p, faults, p.CrashOnly), newStage(t, p, faults, p.CrashOnly)
	rd4, rd6 := s4.h4(), s6.h6()
	if !rd4.Done() || !rd6.Done() {
		t.Errorf("t=%d %+v: rd1 does not end without T1", faults, p)
	}
	if a, b := s4.transcript(rd4), s6.transcript(rd6); a != b {
		t.Errorf("t=%d %+v: rd1 can tell the histories apart:\n%s\n%s", faults, p, a, b)
	}
	return s4.judge(), s6.judge()
}

// expected is what the proof says: whoever believes t servers fails in H6, whoever wants more fails in H4.
func expected(p FastSelfish, faults int) (h4, h6 ending) {
	switch {
	case p.Threshold > faults:
		return wrong, holds
	case p.Policy == Block:
		return holds, blocked
	}
	return holds, wrong
}

func compare(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the table differs from %s (-update writes it anew):\n%s", file, got)
	}
}

// Controls: whatever gives up one of the theorem's assumptions passes both histories. The baselines and the first two
// write data back; the WRITE of M-PoWerStore takes more than one round.
func TestControls(t *testing.T) {
	for faults := 1; faults <= 3; faults++ {
		for last := 1; last <= faults; last++ {
			for _, crashOnly := range []bool{false, true} {
				p := FastSelfish{CrashOnly: crashOnly, Last: last, Threshold: 1, WriteBackData: true}
				control(t, p, faults, crashOnly)
			}
		}
		control(t, phalanx.Protocol{}, faults, false)
		control(t, mabd.Protocol{}, faults, true)
		control(t, mpowerstore.Protocol{}, faults, false)
	}
}

// control plays both histories. In H4 the READ may need T1, whose messages are late but come.
func control(t *testing.T, p protocols.Protocol, faults int, crashOnly bool) {
	t.Helper()
	for name, history := range map[string]func(*stage){
		"H4": func(s *stage) { s.h4() }, "H6": func(s *stage) { s.h6() },
	} {
		s := newStage(t, p, faults, crashOnly)
		if history(s); s.judge() != holds {
			t.Errorf("%s, t=%d, %+v: %s %s", protocols.NameOf(p), faults, p, name, s.judge())
		}
		for _, r := range s.runs[1:] {
			if got := s.result(r); string(got.Value) != "v" {
				t.Errorf("%s, t=%d: the READ of p%d in %s returned %+v, want v", protocols.NameOf(p), faults, r.Client, name, got)
			}
		}
	}
}

// What makes the difference: with proofs of writing rd1 sees whether the data is stored. In H6 it is, at T2 too, and
// rd1 ends; in H4 it must hear of T1.
func TestProofsOfWritingTellTheHistoriesApart(t *testing.T) {
	for faults := 1; faults <= 3; faults++ {
		s4, s6 := newStage(t, mpowerstore.Protocol{}, faults, false), newStage(t, mpowerstore.Protocol{}, faults, false)
		if rd4, rd6 := s4.h4(), s6.h6(); rd4.Done() || !rd6.Done() {
			t.Errorf("t=%d: rd1 ended without T1 in H4: %v, in H6: %v, want only in H6", faults, rd4.Done(), rd6.Done())
		}
	}
}

// The proof needs S ≤ 4t: on 4t+1 servers, T4 has t+1, and no WRITE ends without them.
func TestTheProofEndsAt4t(t *testing.T) {
	for faults := 1; faults <= 3; faults++ {
		for last := 1; last <= faults+1; last++ {
			s := newStage(t, FastSelfish{Last: last, Threshold: 1}, faults, false)
			wr := s.write()
			s.deliver(wr, s.t1, s.t2, s.t3)
			if want := last <= faults; wr.Done() != want {
				t.Errorf("t=%d, S=%d: the WRITE ends without T4: %v, want %v", faults, 3*faults+last, wr.Done(), want)
			}
		}
	}
}
