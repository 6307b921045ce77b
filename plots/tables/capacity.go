package tables

import (
	"slices"
	"strconv"

	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/stat"
)

const capacityNote = "The highest rate of an open loop that was shown to keep the objective: without attack, and the least of all, which is the " +
	"robust capacity. Attacks: of t servers, that the protocol is to withstand and that a rate was found for."

var capacityColumns = slices.Concat(
	on(func(r frame.Robust) frame.Cell { return r.Least }, slices.Concat(figureColumns, []column[frame.Cell]{
		{head: "protocol", of: func(c frame.Cell) string { return c.System.Title }},
	}, setUpColumns, on(seriesOf, seriesColumns), []column[frame.Cell]{
		{head: "clients", of: func(c frame.Cell) string { return strconv.Itoa(c.Clients) }},
		{head: "objective", of: frame.Objective},
	})),
	[]column[frame.Robust]{
		{head: "ops/s", of: func(r frame.Robust) string { return stat.OrMissing(r.Free.Rate) }},
		{head: "robust ops/s", of: func(r frame.Robust) string { return stat.OrMissing(r.Least.Rate) }},
		{head: "under", of: func(r frame.Robust) string { return frame.AttackOf(r.Least) }},
		{head: "attacks", of: func(r frame.Robust) string { return strconv.Itoa(r.Attacks) }},
	})
