package tables

import (
	"strconv"

	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/stat"
)

const recorderNote = "What it costs to record each operation in a history and its latency in a histogram: the same loads with and without, " +
	"in turn. The ratio is of the same repetitions, with its 95 % interval. A load that recorded nothing has no latencies, and its history is not checked."

// recording is a load with a history, and the same without.
type recording struct{ with, without frame.Cell }

// recorderTable says what recording does to throughput.
func recorderTable(cells []frame.Cell) Table {
	var pairs []recording
	for _, c := range cells {
		if c.Figure != frame.Recorder || c.Unrecorded() {
			continue
		}
		for _, other := range cells {
			key := other.Key
			if key.Record = ""; other.Unrecorded() && key == c.Key {
				pairs = append(pairs, recording{c, other})
			}
		}
	}
	return tabulate("What recording costs", recorderColumns, pairs, recorderNote)
}

var recorderColumns = append([]column[recording]{
	{head: "protocol", of: func(r recording) string { return r.with.System.Title }},
	{head: "op", of: func(r recording) string { return stat.OpName(r.with.Op) }},
	{head: "value", of: func(r recording) string { return stat.SizeName(r.with.ValueBytes) }},
	{head: "durability", of: func(r recording) string { return r.with.Durability }},
	{head: "clients", of: func(r recording) string { return strconv.Itoa(r.with.Clients) }},
	{head: "ops/s recorded", of: func(r recording) string { return r.with.Estimate(frame.ThroughputOps).String() }},
	{head: "ops/s unrecorded", of: func(r recording) string { return r.without.Estimate(frame.ThroughputOps).String() }},
}, column[recording]{head: "ratio", of: func(r recording) string {
	return frame.RatioOf(r.with, r.without, frame.ThroughputOps).Format(3)
}})
