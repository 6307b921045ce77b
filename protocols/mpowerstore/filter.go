package mpowerstore

import (
	"slices"

	"github.com/powbench/powbench/protocols"
)

// answer is W[i]: what a server said of its highest valid candidate (Algorithm 6, line 133).
type answer struct {
	ts       protocols.Timestamp
	horizon  protocols.Timestamp // up to which the server may have pruned what it held; ts0 where none prunes
	entry    *Entry              // nil if the server holds none, or its fragment is wrong
	fragment []byte
	right    bool // the fragment was found to match the entry
}

// highest is the highest timestamp of the candidates, at least one.
func highest(candidates []Candidate) protocols.Timestamp {
	return slices.MaxFunc(candidates, func(a, b Candidate) int { return a.TS.Compare(b.TS.Timestamp) }).TS.Timestamp
}

// invalid(c): a quorum answered with lower timestamps (line 150). The t+1 correct servers that hold a valid candidate
// never do, unless they have pruned it, so no valid one is excluded.
func (r *reader) invalid(c Candidate) bool {
	lower := 0
	for _, a := range r.w {
		if a != nil && a.ts.Less(c.TS.Timestamp) && a.horizon.Less(c.TS.Timestamp) {
			lower++
		}
	}
	return lower >= r.quorum()
}

// safe(ts): t+1 servers answered with the timestamp and the same entry, and enough of them with a right fragment: with
// coded values all t+1 (line 158). It returns the entry and those fragments, or nil. One of the servers is correct, so the entry is as the writer stored it.
func (r *reader) safe(ts protocols.Timestamp) (*Entry, [][]byte) {
	for _, a := range r.w {
		if a == nil || a.entry == nil || !a.ts.Equal(ts) {
			continue
		}
		if fragments := r.rightFragments(a.entry); fragments != nil {
			return a.entry, fragments
		}
	}
	return nil, nil
}

// rightFragments returns enough right fragments of the entry, or nil if fewer than t+1 servers sent the entry or too few
// a right one. Hashing is what a READ computes most: no more are hashed than needed, the data before the parity.
func (r *reader) rightFragments(entry *Entry) [][]byte {
	senders := r.senders(entry)
	if len(senders) < r.t+1 {
		return nil
	}
	fragments, count := make([][]byte, r.servers()), 0
	for _, i := range senders {
		if !r.check(i) {
			continue
		}
		fragments[i] = r.w[i].fragment
		if count++; count == r.data.Enough() {
			return fragments
		}
	}
	return nil
}

// senders are the servers that sent the entry.
func (r *reader) senders(entry *Entry) (servers []int) {
	for i, a := range r.w {
		if a != nil && a.entry != nil && a.entry.same(entry) {
			servers = append(servers, i)
		}
	}
	return servers
}

// check hashes the fragment of a server, once, and disowns the entry of one that sent a wrong fragment.
func (r *reader) check(server int) bool {
	a := r.w[server]
	if !a.right && a.entry != nil && !r.withheld(server, a.fragment) {
		if a.right = r.data.Right(a.entry.CC, server, a.fragment); !a.right {
			a.entry = nil
		}
	}
	return a.right
}

// choose picks the candidate that the entry proves: by timestamp and nonce, not by timestamp alone as in line 140,
// because candidates may share a timestamp (D1). It returns the nonce, nil if C has no such candidate; intact says
// that C had it with the vector that the writer stored (line 153), so that FILTER has written it back.
func (r *reader) choose(entry *Entry) (nonce []byte, intact bool) {
	for _, c := range r.c {
		if !c.TS.Equal(entry.TS.Timestamp) || !r.literal && !r.proof.fits(entry.Commitment, c.Nonce) {
			continue
		}
		if c.same(entry.candidate(c.Nonce)) {
			return c.Nonce, true
		}
		nonce = c.Nonce
	}
	return nonce, false
}
