package tables

import (
	"fmt"
	"strconv"

	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/stat"
)

const leadsNote = "From which size of a value on M-PoWerStore moves fewer bytes per operation, has the higher peak throughput and " +
	"the lower latency of one client. Model: exact bytes, and of throughput and latency what the links alone would make of them. " +
	"Measured: where the ratio passes 1, interpolated between sizes on logarithms, with the sizes at which its 95 % interval " +
	"begins to lie above 1 in part and as a whole. Always, never: at all sizes that were measured."

// leadsTable says from which size on M-PoWerStore is ahead.
func leadsTable(cells []frame.Cell) Table {
	return tabulate("From which size on M-PoWerStore is ahead", leadColumns, frame.Leads(cells), leadsNote)
}

var leadColumns = []column[frame.Lead]{
	{head: "t", of: func(l frame.Lead) string { return strconv.Itoa(l.T) }},
	{head: "op", of: func(l frame.Lead) string { return stat.OpName(l.Op) }},
	{head: "of", of: func(l frame.Lead) string { return l.Under.Title }},
	{head: "fewer bytes, model", of: func(l frame.Lead) string { return onset(l.Bytes.Model) }},
	{head: "measured", of: func(l frame.Lead) string { return onset(l.Bytes.Measured) }},
	{head: "higher peak, model", of: func(l frame.Lead) string { return onset(l.Peak.Model) }},
	{head: "measured", of: func(l frame.Lead) string { return onset(l.Peak.Measured) }},
	{head: "lower latency, model", of: func(l frame.Lead) string { return onset(l.Latency.Model) }},
	{head: "measured", of: func(l frame.Lead) string { return onset(l.Latency.Measured) }},
}

// onset says from which size on something is so.
func onset(o stat.Onset) string {
	switch o.Kind {
	case stat.Always:
		return "always"
	case stat.Never:
		return "never"
	case stat.From:
		return located(o)
	case stat.UpTo:
		return "only up to " + located(o)
	case stat.AtMost:
		return "at most " + stat.AnySize(o.High)
	case stat.AtLeast:
		return "at least " + stat.AnySize(o.Low)
	default:
		return "cannot tell"
	}
}

func located(o stat.Onset) string {
	if o.Low == o.High {
		return stat.AnySize(o.At)
	}
	return fmt.Sprintf("%s [%s, %s]", stat.AnySize(o.At), stat.AnySize(o.Low), stat.AnySize(o.High))
}
