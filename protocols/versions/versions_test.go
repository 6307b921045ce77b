package versions

import (
	"math"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/dispersal"
	"github.com/powbench/powbench/protocols/suite"
)

// Versions of one timestamp differ in whatever identifies the fragments, and are ordered by timestamp first.
func TestTimes(t *testing.T) {
	s, ts := suite.Modern(), protocols.Timestamp{Num: 3, PID: 2}
	cc := func(length uint64, hashes ...string) (cc dispersal.CrossChecksum) {
		for _, h := range hashes {
			cc.Hashes = append(cc.Hashes, s.Hash([]byte(h)))
		}
		cc.Length = length
		return cc
	}
	one := Of(s, ts, cc(5, "a", "b"), nil)
	if !one.Equal(Of(s, ts, cc(5, "a", "b"), nil)) || !one.Possible(s) {
		t.Errorf("%v is not itself, or of no version", one)
	}
	for name, other := range map[string]Time{
		"length":       Of(s, ts, cc(6, "a", "b"), nil),
		"hashes":       Of(s, ts, cc(5, "a", "c"), nil),
		"their order":  Of(s, ts, cc(5, "b", "a"), nil),
		"fingerprints": Of(s, ts, cc(5, "a", "b"), []byte("prints")),
	} {
		if one.Equal(other) || one.Compare(other) != -other.Compare(one) || one.String() == other.String() {
			t.Errorf("versions that differ in %s have one time", name)
		}
	}
	later := Of(s, ts.Next(1), cc(5, "a", "b"), nil)
	if one.Compare(later) >= 0 || (Time{}).Compare(one) >= 0 {
		t.Errorf("⊥, %v, %v are not in this order", one, later)
	}
	for name, none := range map[string]Time{"⊥": {}, "no verifier": {TS: ts}, "half a verifier": {TS: ts, Verifier: one.Verifier[:4]}} {
		if none.Possible(s) {
			t.Errorf("%s names a version", name)
		}
	}
	for _, none := range []protocols.Timestamp{{}, {Num: 1}, {PID: 1}, {Num: math.MaxUint64, PID: 1}} {
		if Issuable(none) {
			t.Errorf("a WRITE issues %v", none)
		}
	}
}
