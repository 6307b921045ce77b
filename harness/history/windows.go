package history

import (
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
)

// Windows checks a history without end, window by window, by its values and times alone, as Zones does: what it keeps is bounded by
// the number of keys and of WRITEs that never ended.
//
// A window ends where no operation is open: all that began have ended, or were given up, before any of the next window begins. Then a
// value can still be read only if no other must follow it, that is if the first of its operations ended no sooner than the last
// of each other value's started. (f and s of Zones: a READ from now on moves the s of its value behind all that has ended. If f(x) <
// s(y) for some y that an operation has ended of, f(y) is less than that, too, and x and y are in conflict.) Of such a value
// the operations are kept that ended first and started last, which is all that Zones asks of them, and its WRITE. A WRITE that was
// given up may take effect at any time, and is kept until a value follows one that was read of it. Of other values a READ from now
// on is one that nobody wrote. So the windows are accepted one by one if and only if the whole history is.
type Windows struct{ carried []Entry }

// Check checks the next window. After a violation there is nothing to go on from.
func (w *Windows) Check(window []Entry) Report {
	all := w.With(window)
	r := Zones(all)
	r.Operations = int64(len(window))
	w.carried = nil
	if r.Code != result.Violation {
		w.carried = carry(all)
	}
	return r
}

// With is a window's history with what is left of those before: it shows by itself what Check finds in the window.
func (w *Windows) With(window []Entry) []Entry {
	return append(append([]Entry{}, w.carried...), window...)
}

// Kept is how many operations are kept of the windows so far.
func (w *Windows) Kept() int { return len(w.carried) }

// carry is what the windows that follow need of these operations.
func carry(entries []Entry) (kept []Entry) {
	for _, ops := range byKey(entries) {
		clusters, f := clustersOf(ops)
		if f != nil {
			continue // it was reported
		}
		for _, e := range current(clusters) {
			kept = append(kept, *e)
		}
		kept = append(kept, unseen(ops, clusters)...)
	}
	return kept
}

// current are the operations to keep of the values that a register may hold.
func current(clusters []*cluster) (kept []*Entry) {
	zones := make([]zone, 0, len(clusters))
	latest, second := beforeAll, beforeAll // of the starts of each value's last operation
	for _, c := range clusters {
		z, f := zoneOf(c)
		if f != nil {
			return nil // likewise
		}
		zones = append(zones, z)
		switch {
		case z.s > latest:
			latest, second = z.s, latest
		case z.s > second:
			second = z.s
		}
	}
	for _, z := range zones {
		others := latest
		if z.s == latest {
			others = second
		}
		if z.f >= others {
			kept = append(kept, once(z.write, z.first, z.last)...)
		}
	}
	return kept
}

// once are the operations that there are, each once.
func once(ops ...*Entry) (all []*Entry) {
	for i, e := range ops {
		seen := e == nil
		for _, earlier := range ops[:i] {
			seen = seen || earlier == e
		}
		if !seen {
			all = append(all, e)
		}
	}
	return all
}

// unseen are the WRITEs that were given up and that nobody has read of.
func unseen(ops []*Entry, clusters []*cluster) (all []Entry) {
	seen := map[*Entry]bool{}
	for _, c := range clusters {
		seen[c.write] = true
	}
	for _, e := range ops {
		if e.Op == protocols.Write && e.Outcome == Pending && !seen[e] {
			all = append(all, *e)
		}
	}
	return all
}
