package load

import (
	"math"

	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/harness/model"
	"github.com/powbench/powbench/protocols"
)

// met is what the load's operations met, which the cost of one operation by itself does not know: by the history.
type met struct {
	// longer is how many bytes more than in the model a timestamp's number took, on average: it grows with a key's WRITEs.
	longer float64
	// first is the share of WRITEs that are the first to their key, and unwritten that of those that began before any WRITE
	// of their key had ended: servers may have answered each of these as if it were the first.
	first, unwritten float64
}

// newMet tells what the operations of that kind met.
func newMet(entries []history.Entry, op protocols.Op) (m met) {
	ended := map[protocols.Key]int64{} // when the first WRITE of the key did
	for _, e := range entries {
		if e.Op != protocols.Write || e.Outcome != history.OK {
			continue
		}
		if at, ok := ended[e.Key]; !ok || e.End < at {
			ended[e.Key] = e.End
		}
	}
	operations, longer, unwritten := 0., 0., 0.
	for _, e := range entries {
		if e.Op != op || e.Outcome != history.OK {
			continue
		}
		operations++
		longer += float64(model.NumberBytes(e.Timestamp.Num) - 1)
		if op == protocols.Write && e.Start <= ended[e.Key] {
			unwritten++
		}
	}
	operations = math.Max(operations, 1)
	m.longer, m.unwritten = longer/operations, unwritten/operations
	if op == protocols.Write {
		m.first = float64(len(ended)) / operations
	}
	return m
}
