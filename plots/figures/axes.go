package figures

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"

	"github.com/powbench/powbench/plots/draw"
	"github.com/powbench/powbench/plots/frame"
)

// axisNames are what the axes of a figure of one's own say of fields of points. Others have their names in points.jsonl.
var axisNames = map[string]string{
	"t":                       threshold.label,
	"clients":                 "Clients",
	"servers":                 "Servers",
	"keys":                    "Keys",
	"value_bytes":             "Value (bytes)",
	"rate":                    "Rate offered (operations/s)",
	"throughput_ops":          operations.label,
	"throughput_MBps":         "Throughput (MB/s)",
	"bound_MBps":              "Network bound (MB/s)",
	"bound_ratio":             "Throughput / network bound",
	"cpu_s.clients":           "CPU time of clients (s)",
	"cpu_s.servers":           "CPU time of servers (s)",
	"allocated_bytes.clients": "Allocated by clients (bytes)",
	"allocated_bytes.servers": "Allocated by servers (bytes)",
	"rss_peak_mib.agent":      "Memory of a client process (MiB)",
	"rss_peak_mib.server":     "Memory of a server process (MiB)",
	"ops":                     "Operations",
	"concurrency":             "Share of concurrent operations",
	"write_amplification":     "Write amplification",
}

// latencyNames are the latencies in points, and latencyParts what there is of each.
var (
	latencyNames = map[string]string{"latency_ms": "latency", "service_ms": "service time", "slip_ms": "wait before the start"}
	latencyParts = map[string]string{
		"mean": "Mean", "p50": "p50", "p90": "p90", "p99": "p99", "p999": "p99.9", "max": "Longest",
	}
)

// kindNames are the parts of points that have the numbers of one kind of a mix.
var kindNames = map[string]string{"reads": "READs", "writes": "WRITEs"}

// axisName is what an axis says of the field.
func axisName(field string) string {
	of, part, _ := strings.Cut(field, ".")
	if kind := kindNames[of]; kind != "" {
		return axisName(part) + ", " + kind
	}
	if latency, is := latencyNames[of]; is && latencyParts[part] != "" {
		return latencyParts[part] + " " + latency + " (ms)"
	}
	return cmp.Or(axisNames[field], field)
}

// wholeFields are small whole numbers.
var wholeFields = []string{"t", "clients", "servers", "keys"}

// setTicks gives an axis of the field ticks that fit it.
func setTicks(a *plot.Axis, field string) {
	a.Tick.Marker = draw.ShortTicks(a.Tick.Marker)
	if slices.Contains(wholeFields, field) {
		a.Tick.Marker = draw.WholeTicks
	}
}

// setSizeTicks gives a logarithmic x axis ticks at the sizes of the cells' values, with short names for as many as there is
// room for.
func setSizeTicks(p *draw.Panel, cells []frame.Cell) {
	sizes := frame.Distinct(cells, func(c frame.Cell) int { return c.ValueBytes })
	const room = 8
	each := (len(sizes) + room - 1) / room
	var ticks plot.ConstantTicks
	for i, size := range sizes {
		tick := plot.Tick{Value: micro + math.Log10(float64(size))}
		if i%each == 0 {
			tick.Label = shortSize(size)
		}
		ticks = append(ticks, tick)
	}
	const air = 0.1 // beside the first and the last
	p.X.Tick.Marker = ticks
	p.X.Min, p.X.Max = ticks[0].Value-air, ticks[len(ticks)-1].Value+air
}
