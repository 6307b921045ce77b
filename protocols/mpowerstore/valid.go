package mpowerstore

import (
	"slices"

	"github.com/powbench/powbench/protocols"
)

// highestValid is c_hv, or c0 (line 120). What is lc was valid when it was adopted, and is so for ever.
func (v view) highestValid(candidates []Candidate, lc Candidate) (Candidate, error) {
	sorted := slices.SortedStableFunc(slices.Values(candidates), func(a, b Candidate) int {
		return b.TS.Compare(a.TS.Timestamp)
	})
	for _, c := range sorted {
		if c.same(lc) {
			return c, nil
		}
		if valid, err := v.valid(c); err != nil || valid {
			return c, err
		}
	}
	return Candidate{}, nil
}

// valid(c) is line 128. The MAC comes first: it needs no look into the history.
func (v view) valid(c Candidate) (bool, error) {
	if v.proves(v.bound(v.key), c) {
		return true, nil
	}
	entry, err := v.entry(c.TS.Timestamp)
	return v.inHistory(c, entry), err
}

// inHistory reports whether the entry of c's timestamp, nil if there is none, proves c. That includes the timestamp's
// MAC: or else a Byzantine reader could write back a timestamp that writers do not believe (D2).
func (v view) inHistory(c Candidate, entry *Entry) bool {
	return entry != nil && (v.literal || entry.TS.same(c.TS)) && v.opens(entry.Commitment, c.Nonce)
}

// writeBack adopts the valid candidate c if it is higher than lc (lines 121, 125). Where the history proves c it takes
// the vector from there, lest a Byzantine reader pin a spoilt one and make later READs repair it.
func (v view) writeBack(c, lc Candidate, entry *Entry) ([]protocols.Record, error) {
	if !lc.TS.Less(c.TS.Timestamp) {
		return nil, nil
	}
	if !v.literal && v.inHistory(c, entry) {
		c = entry.candidate(c.Nonce)
	}
	return v.adopt(c)
}
