package result

import "math"

// A WindowTimeline is a point's window in equal intervals, one after the other: what the load came to in each, and what the
// servers had come to at its end.
type WindowTimeline struct {
	IntervalS float64   `json:"interval_s"`
	Ops       []float64 `json:"ops"` // that fell into the interval, those at its edges by the share of their time inside
	// P99Ms is the 99th percentile of the latencies of the operations that ended in each stretch of P99OverS seconds, from
	// their actual start: as many whole intervals as hold PercentileNeeds(0.99) in the mean. Both are absent if the window is too short.
	P99OverS float64       `json:"p99_over_s,omitempty"`
	P99Ms    []float64     `json:"p99_ms,omitempty"`
	Servers  ServerSamples `json:"servers"`
}

// ServerSamples are samples of all servers: the first when the window begins, and one at the end of each interval. Numbers that
// only grow count from the servers' start.
type ServerSamples struct {
	AtS            []float64   `json:"at_s"`    // since the window began: a sample may come late
	RSSMiB         OverServers `json:"rss_mib"` // resident sets of the processes
	AppliedBytes   OverServers `json:"applied_bytes"`
	WrittenBytes   OverServers `json:"written_bytes"`   // by the databases: logs, flushes and compactions
	CompactedBytes OverServers `json:"compacted_bytes"` // of these, by compactions
	DiskBytes      OverServers `json:"disk_bytes"`      // in use by the databases' files
	Flushes        OverServers `json:"flushes"`
	Compactions    OverServers `json:"compactions"`
	L0Files        OverServers `json:"l0_files"` // tables that are flushed and not yet merged
	Stalls         OverServers `json:"stalls"`   // how often writers had to wait for the disk
	StallMs        OverServers `json:"stall_ms"`
}

// OverServers is a number of each server, sample by sample: the sum over all servers, and the greatest of any.
type OverServers struct {
	Sum  []float64 `json:"sum"`
	Most []float64 `json:"most"`
}

// Add adds a sample: the number of each server.
func (o *OverServers) Add(each ...float64) {
	sum, most := 0., 0.
	for _, x := range each {
		sum, most = sum+x, max(most, x)
	}
	const parts = 1e3 // of 1, to which the sum is exact, so that it is no longer than what it is of
	o.Sum, o.Most = append(o.Sum, math.Round(sum*parts)/parts), append(o.Most, most)
}
