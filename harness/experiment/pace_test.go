package experiment

import (
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
)

// What an operation takes the links is that of all its frames, not of values alone; series that share it are counted once.
func TestPace(t *testing.T) {
	e := mustLoad(t, "experiment: a\ntestbed: {rate: 1Gbit}")
	paces := e.paces()
	of := func(protocol, op, durability string, size int) *pace {
		t.Helper()
		p, err := paces.of(result.Series{
			Protocol: protocol, Variant: result.Paper, Suite: result.Paper, Durability: durability, Op: op, T: 1, ValueBytes: size,
		})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	large, small := of("mpowerstore", result.OpRead, "write", 1<<20), of("mpowerstore", result.OpWrite, "fsync", 32)
	if got := large.transferTime(protocols.Read).Seconds() * large.bytesPerSecond(); got < 2<<20 || got > 2.01*(1<<20) {
		t.Errorf("a READ of 1 MiB takes the links as long as %.0f bytes, want those of two values and little more", got)
	}
	if got := small.transferTime(protocols.Write).Seconds() * small.bytesPerSecond(); got < 10*32 {
		t.Errorf("a WRITE of 32 bytes takes the links as long as %.0f bytes, want far more than its values", got)
	}
	if large.rounds(protocols.Read) != 2 || of("mpowerstore", result.OpRead, "fsync", 1<<20).series.Op != result.OpRead {
		t.Errorf("a READ of %d rounds", large.rounds(protocols.Read))
	}
	if of("mpowerstore", result.OpWrite, "fsync", 1<<20); len(paces.known) != 2 {
		t.Errorf("%d counted, want 2", len(paces.known))
	}
	if _, err := paces.of(result.Series{Protocol: "mabd", Suite: "none", T: 1, ValueBytes: 1}); err == nil {
		t.Error("a series of an unknown suite is counted")
	}
}
