package history

// Concurrency returns the share of the operations that ended in [from, to], in ns, which overlap another operation on
// their key; 0 if none ended then. Pending operations are left out, as nobody knows how long they lasted.
func Concurrency(entries []Entry, from, to int64) float64 {
	ended, overlapping := 0, 0
	for _, ops := range byKey(completed(entries)) {
		latest := beforeAll // the latest end of the operations that started earlier
		for i, e := range ops {
			meets := latest >= e.Start || i+1 < len(ops) && ops[i+1].Start <= e.End
			latest = max(latest, e.End)
			if e.End < from || e.End > to {
				continue
			}
			ended++
			if meets {
				overlapping++
			}
		}
	}
	if ended == 0 {
		return 0
	}
	return float64(overlapping) / float64(ended)
}

func completed(entries []Entry) []Entry {
	var all []Entry
	for _, e := range entries {
		if e.Outcome == OK {
			all = append(all, e)
		}
	}
	return all
}
