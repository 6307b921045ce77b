package powerstore

import (
	"slices"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/dispersal"
)

// answer is W[i]: what a server said of its highest valid candidate (Algorithm 3, line 46).
type answer struct {
	ts       protocols.Timestamp
	cc       *dispersal.CrossChecksum // nil if the server holds no candidate valid, or its fragment is wrong
	fragment []byte
	right    bool // the fragment was found to match cc
}

// highest is the highest timestamp of the candidates, at least one (line 80).
func highest(candidates []Candidate) protocols.Timestamp {
	return slices.MaxFunc(candidates, func(a, b Candidate) int { return a.TS.Compare(b.TS) }).TS
}

// invalid(c): a quorum answered with lower timestamps (line 81). The t+1 correct servers that hold a valid candidate
// never do, so no valid one is excluded.
func (r *reader) invalid(c Candidate) bool {
	lower := 0
	for _, a := range r.w {
		if a != nil && a.ts.Less(c.TS) {
			lower++
		}
	}
	return lower >= r.quorum()
}

// safe(ts): t+1 servers answered with the timestamp, the same cross-checksum and a right fragment each (lines 77 to
// 79). It returns the cross-checksum and those fragments, or nil. One of the servers is correct, so the cross-checksum
// is the writer's, and FILTER has written the candidate that it found valid back to a quorum.
func (r *reader) safe(ts protocols.Timestamp) (*dispersal.CrossChecksum, [][]byte) {
	for _, a := range r.w {
		if a == nil || a.cc == nil || !a.ts.Equal(ts) {
			continue
		}
		cc := a.cc
		if fragments := r.rightFragments(ts, cc); fragments != nil {
			return cc, fragments
		}
	}
	return nil, nil
}

// rightFragments returns t+1 fragments under cc, or nil if not so many servers sent ts, cc and a right one. Hashing is
// what a READ computes most: no more fragments are hashed than needed, the data before the parity.
func (r *reader) rightFragments(ts protocols.Timestamp, cc *dispersal.CrossChecksum) [][]byte {
	var members []int
	for i, a := range r.w {
		if a != nil && a.cc != nil && a.ts.Equal(ts) && a.cc.Equal(*cc) {
			members = append(members, i)
		}
	}
	if len(members) < r.t+1 {
		return nil
	}
	fragments, count := make([][]byte, r.servers()), 0
	for _, i := range members {
		if !r.check(i) {
			continue
		}
		fragments[i] = r.w[i].fragment
		if count++; count == r.t+1 {
			return fragments
		}
	}
	return nil
}

// check hashes the fragment of a server, once, and disowns the cross-checksum of one that sent a wrong fragment.
func (r *reader) check(server int) bool {
	a := r.w[server]
	if !a.right && a.cc != nil {
		if a.right = a.cc.Matches(r.suite, server, a.fragment); !a.right {
			a.cc = nil
		}
	}
	return a.right
}
