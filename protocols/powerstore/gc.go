package powerstore

import (
	"slices"

	"github.com/powbench/powbench/protocols/wire"

	"github.com/powbench/powbench/protocols"
)

// gc is procedure GC (lines 28 to 31): lc becomes the highest valid candidate in LC if that is higher, and LC keeps
// what is higher than lc. It returns both, and the records that it changes.
func (v view) gc() (lc Candidate, back []Candidate, records []protocols.Record, err error) {
	if lc, err = v.lc(); err != nil {
		return lc, nil, nil, err
	}
	if back, err = v.back(); err != nil || len(back) == 0 {
		return lc, back, nil, err
	}
	hv, err := v.highestValid(back)
	if err != nil {
		return lc, nil, nil, err
	}
	if lc.TS.Less(hv.TS) {
		lc = hv
		if records, err = wire.AddRecord(records, recordLC, &lc, nil); err != nil {
			return lc, nil, nil, err
		}
	}
	left := above(back, lc.TS)
	if len(left) < len(back) {
		records, err = wire.AddRecord(records, recordBack, left, nil)
	}
	return lc, left, records, err
}

// writeBack is line 36, but for the candidates that the next GC would drop: without an attack that is all of them, and
// a READ writes nothing to disk.
func (v view) writeBack(candidates []Candidate) ([]protocols.Record, error) {
	lc, err := v.lc()
	if err != nil {
		return nil, err
	}
	news := above(candidates, lc.TS)
	if len(news) == 0 {
		return nil, nil
	}
	back, err := v.back()
	if err != nil {
		return nil, err
	}
	all := union(back, news)
	if len(all) == len(back) {
		return nil, nil
	}
	return wire.AddRecord(nil, recordBack, all, nil)
}

// above is the candidates with a timestamp higher than ts.
func above(candidates []Candidate, ts protocols.Timestamp) (higher []Candidate) {
	for _, c := range candidates {
		if ts.Less(c.TS) {
			higher = append(higher, c)
		}
	}
	return higher
}

// highestValid is c_hv, or c0 (lines 29 and 37).
func (v view) highestValid(candidates []Candidate) (Candidate, error) {
	sorted := slices.SortedStableFunc(slices.Values(candidates), func(a, b Candidate) int { return b.TS.Compare(a.TS) })
	for _, c := range sorted {
		if valid, err := v.valid(c); err != nil || valid {
			return c, err
		}
	}
	return Candidate{}, nil
}

// valid(c) is line 41: the history proves c.
func (v view) valid(c Candidate) (bool, error) {
	commitment, err := v.commitment(c.TS)
	return commitment != nil && v.pow.Verify(commitment, c.Nonce), err
}
