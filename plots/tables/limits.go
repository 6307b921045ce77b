package tables

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/stat"
)

const limitsNote = "Ceiling: a null protocol with the same rounds and bytes that does nothing else. Share: mean ± half of the 95 % " +
	"confidence interval of the throughput as a share of the ceiling's in the same repetition. Pebble: the database alone, to which as " +
	"many server processes commit the same batches and do nothing else; of Pebble: likewise, as a share of its. CPU s/GB and heap bytes/byte, the " +
	"ceiling's in brackets: CPU seconds per 10^9 bytes of values, and bytes that heaps handed out per byte of values, of clients " +
	"and servers together."

// limitsTable sets protocols beside their ceilings.
func limitsTable(cells []frame.Cell) Table {
	limits := frame.Limits(frame.Keep(cells, func(c frame.Cell) bool { return c.Figure == frame.LimitsFigure && frame.IsClosed(c) }))
	return tabulate("Protocols beside their ceilings", limitColumns, limits, limitsNote)
}

var limitColumns = slices.Concat([]column[frame.Limit]{
	{head: "protocol", of: func(l frame.Limit) string { return l.Cell.System.Title }},
}, on(func(l frame.Limit) frame.Cell { return l.Cell }, slices.Concat(setUpColumns, on(seriesOf, seriesColumns))), []column[frame.Limit]{
	{head: "clients", of: func(l frame.Limit) string { return strconv.Itoa(l.Cell.Clients) }},
	{head: "n valid", of: func(l frame.Limit) string {
		return fmt.Sprintf("%d/%d, %d/%d", len(l.Cell.Valid), len(l.Cell.All()), len(l.Ceiling.Valid), len(l.Ceiling.All()))
	}},
	{head: "MB/s", of: func(l frame.Limit) string { return l.Cell.Throughput().String() }},
	{head: "ceiling MB/s", of: func(l frame.Limit) string { return l.Ceiling.Throughput().String() }},
	{head: "share", of: func(l frame.Limit) string { return l.Share().String() }},
	{head: "Pebble MB/s", of: func(l frame.Limit) string { return l.Pebble.Throughput().String() }},
	{head: "of Pebble", of: func(l frame.Limit) string { return l.OfPebble().String() }},
	{head: "CPU s/GB", of: func(l frame.Limit) string {
		return besideCeiling(l.Cell.Mean(frame.CPUPerGB), l.Ceiling.Mean(frame.CPUPerGB))
	}},
	{head: "heap bytes/byte", of: func(l frame.Limit) string {
		return besideCeiling(l.Cell.Mean(frame.AllocatedPerByte), l.Ceiling.Mean(frame.AllocatedPerByte))
	}},
})

// besideCeiling is a number and, in brackets, the ceiling's.
func besideCeiling(own, ceiling float64) string {
	return fmt.Sprintf("%s (%s)", stat.OrMissing(own), stat.OrMissing(ceiling))
}
