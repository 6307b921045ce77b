package jepsen

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/powbench/powbench/harness/history"
)

// The orders that events are believed to be in.
const (
	byIndex = ":index"
	byLines = "the lines of the file"
	byTime  = ":time, as it contradicts "
)

// maxTime leaves room behind the last event for what comes before the first.
const maxTime = history.Forever / 2

// arrange puts events in their order, and gives them times from 0. The order is that of their indexes if all have one, and
// otherwise of the file: they were written down as they happened. Times that agree with it, and tell any two events apart,
// are kept. Where some are alike (a coarse clock, or none) they cannot order, and the order alone counts. Where times go back
// along it, it is none, and they count.
func arrange(events []*event) (order string, err error) {
	order = byLines
	if !slices.ContainsFunc(events, func(e *event) bool { return e.index == nil }) {
		order = byIndex
		slices.SortStableFunc(events, func(a, b *event) int { return cmp.Compare(*a.index, *b.index) })
		for i := range events[1:] {
			if a, b := events[i], events[i+1]; *a.index == *b.index {
				return "", atLine(max(a.line, b.line), fmt.Errorf("index %d is that of line %d, too: number events, or leave :index out",
					*a.index, min(a.line, b.line)))
			}
		}
	}
	timed := !slices.ContainsFunc(events, func(e *event) bool { return e.time == nil })
	back, alike := false, false
	for i := range events[1:] {
		if a, b := events[i], events[i+1]; timed {
			back, alike = back || *b.time < *a.time, alike || *b.time == *a.time
		}
	}
	first := history.Forever
	for i, e := range events {
		place := int64(i)
		if e.index == nil {
			e.index = &place
		}
		if !timed || alike && !back {
			e.time = &place
		}
		first = min(first, *e.time)
	}
	for _, e := range events {
		if e.at = *e.time - first; e.at < 0 || e.at > maxTime {
			return "", atLine(e.line, fmt.Errorf("time is %d ns, too far behind the first, %d ns", *e.time, first))
		}
	}
	switch {
	case back:
		return byTime + order, nil
	case timed && alike:
		return order + ", as :time does not tell all events apart", nil
	}
	return "", nil // nothing contradicts it
}
