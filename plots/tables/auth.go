package tables

import (
	"strconv"

	"github.com/powbench/powbench/plots/frame"
)

const authNote = "Each number is with TLS over without, in the same repetition: geometric means with 95 % confidence intervals. " +
	"Peaks are at the numbers of clients with the highest throughput, latencies those of one client. CPU: seconds of clients and " +
	"servers per byte of values, at the peaks."

var authColumns = append(
	on(func(p frame.Price) frame.Cell { return p.Peak.Over }, append([]column[frame.Cell]{
		{head: "protocol", of: func(c frame.Cell) string { return c.System.Plain().Name() }},
	}, on(seriesOf, seriesColumns)...)),
	column[frame.Price]{head: "pairs", of: func(p frame.Price) string { return strconv.Itoa(p.Peak.N) }},
	column[frame.Price]{head: "peak throughput", of: func(p frame.Price) string { return p.Peak.Format(3) }},
	column[frame.Price]{head: "mean latency", of: func(p frame.Price) string { return p.Latency.Format(3) }},
	column[frame.Price]{head: "CPU", of: func(p frame.Price) string { return p.CPU.Format(2) }},
)

// authTable says what TLS costs each system.
func authTable(cells []frame.Cell) Table {
	return tabulate("What TLS costs", authColumns, frame.Prices(cells), authNote)
}
