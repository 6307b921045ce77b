package tables

import (
	"strconv"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/stat"
)

const recorderNote = "What it costs to record each operation in a history and its latency in a histogram: operations per second that begin " +
	"while clients do so, and while they do not, in turn within each run. The ratio is of the same runs, with its 95 % interval."

// recorderTable says what recording does to throughput.
func recorderTable(cells []frame.Cell) Table {
	own := frame.Keep(cells, func(c frame.Cell) bool { return c.Figure == frame.Recorder && c.Alternates() })
	return tabulate("What recording costs", recorderColumns, own, recorderNote)
}

func whileRecording(p result.Point) float64 { return p.Recording.Everything }
func whileNot(p result.Point) float64       { return p.Recording.Nothing }

var recorderColumns = []column[frame.Cell]{
	{head: "protocol", of: func(c frame.Cell) string { return c.System.Title }},
	{head: "op", of: func(c frame.Cell) string { return stat.OpName(c.Op) }},
	{head: "value", of: func(c frame.Cell) string { return stat.SizeName(c.ValueBytes) }},
	{head: "durability", of: func(c frame.Cell) string { return c.Durability }},
	{head: "clients", of: func(c frame.Cell) string { return strconv.Itoa(c.Clients) }},
	{head: "ops/s recorded", of: func(c frame.Cell) string { return c.Estimate(whileRecording).String() }},
	{head: "ops/s unrecorded", of: func(c frame.Cell) string { return c.Estimate(whileNot).String() }},
	{head: "ratio", of: func(c frame.Cell) string {
		return stat.Paired(c.Values(whileRecording), c.Values(whileNot)).Format(3)
	}},
}
