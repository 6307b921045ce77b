package query

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/frame"
)

// What percentiles of a point are of, by the names of their fields.
const (
	latencies = "latency_ms"
	services  = "service_ms"
	slips     = "slip_ms"
)

// shares are the percentiles that results have, by the ends of their fields.
var shares = map[string]float64{"p50": frame.Median, "p90": 0.9, "p99": frame.P99, "p999": 0.999}

// percentile says what the field's percentile is of and which it is; its share is 0 if the field is none.
func percentile(field string) (of string, share float64) {
	of, end, _ := strings.Cut(field, ".")
	return of, shares[end]
}

// few says of how many operations the field would be a percentile and how many it takes, if these are more.
func (x record) few(field string) []string {
	of, share := percentile(field)
	operations, known := x.operations[of]
	if share == 0 || !known || result.Supports(share, operations) {
		return nil
	}
	return []string{fmt.Sprintf("%s of %s has %d of the %d operations that it takes", field, x.id, operations, result.PercentileNeeds(share))}
}

// merged is the percentile of all repetitions together, of a point that has histograms.
func (x record) merged(field string) (p frame.Percentile, ok bool) {
	of, share := percentile(field)
	switch {
	case share == 0 || x.cell == nil:
	case of == latencies:
		return x.cell.Percentile(share), true
	case of == services:
		return x.cell.ServicePercentile(share), true
	}
	return p, false
}

// worth is the number of a repetition: of a percentile what stat.Jackknife makes of it, and NaN without histograms.
func (x record) worth(field string) float64 {
	p, merged := x.merged(field)
	i := -1
	if merged {
		i = slices.IndexFunc(x.cell.Valid, func(v result.Point) bool { return v.Repetition == x.repetition })
	}
	switch {
	case !merged:
		return x.fields[field]
	case i < 0 || i >= len(p.Worths):
		return math.NaN()
	}
	return p.Worths[i]
}

// whole is the number of a record by itself: of a percentile that of all repetitions together, and NaN without histograms.
func (x record) whole(field string) float64 {
	p, merged := x.merged(field)
	switch {
	case !merged:
		return x.fields[field]
	case !p.Known():
		return math.NaN()
	}
	return p.Mean
}
