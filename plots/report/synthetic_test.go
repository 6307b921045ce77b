package report

import (
	"encoding/json"
	"math"
	"strconv"
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/powbench/powbench/harness/result"
)

// measured is a run of two protocols that nobody made: READs and WRITEs of 4 KiB, in n repetitions.
func measured(n int) *result.Set {
	config, err := json.Marshal(map[string]any{
		"protocols": []string{"mpowerstore", "mabd"}, "operations": []string{"read", "write"}, "suite": "paper",
		"durability": []string{"write"}, "t": []int{1}, "value": []string{"4KiB"}, "clients": []int{2}, "repetitions": n,
	})
	if err != nil {
		panic(err)
	}
	s := &result.Set{Dir: "results/fig2b/synthetic", Manifest: result.Manifest{
		Schema: result.SchemaVersion, Experiment: "fig2b", Title: "Peaks", Figure: "2b", Config: config, Seed: 7,
		Testbed: result.Testbed{Mode: "root", Shaped: true, RateBits: 1e9},
	}}
	for repetition := 1; repetition <= n; repetition++ {
		for _, protocol := range []string{"mpowerstore", "mabd"} {
			for _, op := range []string{"read", "write"} {
				s.Points = append(s.Points, result.Point{
					Schema: result.SchemaVersion, Experiment: "fig2b", Figure: "2b",
					Series: result.Series{
						Protocol: protocol, Variant: "paper", Suite: "paper", Durability: "write", Op: op, T: 1,
						ValueBytes: 4096,
					},
					Load: result.Load{Clients: 2}, Repetition: repetition, Attempt: 1,
					Seed: uint64(1000 + len(s.Points)), ThroughputOps: 100, ThroughputMBps: 0.4096,
					LatencyMs: result.Latency{Mean: 20, P50: 19, P99: 30}, Histogram: encoded(19e6, 20e6, 30e6),
					Shaped: true, Validity: result.Validity{Valid: true}, Linearizable: result.Verdict{Code: "ok"},
					History: protocol + ".jsonl.gz",
				})
			}
		}
	}
	return s
}

// attacked is an attack run of two protocols and two attacks, of which the last trial is not there.
func attacked() *result.Set {
	config, err := json.Marshal(map[string]any{
		"protocols": []string{"mpowerstore", "mabd"}, "attacks": []string{"none", "B2"}, "t": 1, "suite": "paper",
	})
	if err != nil {
		panic(err)
	}
	s := &result.Set{Dir: "results/attack/synthetic", Manifest: result.Manifest{
		Schema: result.SchemaVersion, Experiment: "attack", Config: config, Seed: 5, Quick: true,
	}}
	for i, attack := range []string{"none", "B2", "none"} {
		protocol := []string{"mpowerstore", "mabd"}[i/2]
		s.Trials = append(s.Trials, result.Trial{
			Schema: result.SchemaVersion, Protocol: protocol, Attack: attack, Name: "stale", T: 1, Servers: 4, ValueBytes: 4096,
			Clients: 12, Keys: 16, Seed: uint64(70 + i), Expected: "no harm", Expectation: result.Withstand, Held: true, DurationS: 1, ThroughputOps: 500,
			ReadMs: result.Latency{Mean: 4, P50: 4, P99: 9}, WriteMs: result.Latency{Mean: 6, P50: 6, P99: 12},
			Linearizable: result.Verdict{Code: "ok"}, Events: []result.Event{{AtMs: 300, What: "server 1 lies"}},
			Timeline: []result.Bucket{{AtMs: 0}, {AtMs: 500}},
		})
	}
	return s
}

// encoded is a histogram of the latencies in ns, as a point has it.
func encoded(latencies ...int64) string {
	h := hdrhistogram.New(1e3, 100e9, 3)
	for _, ns := range latencies {
		if err := h.RecordValue(ns); err != nil {
			panic(err)
		}
	}
	text, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func firstPoint(sets []*result.Set) result.Point {
	for _, s := range sets {
		if len(s.Points) > 0 {
			return s.Points[0]
		}
	}
	return result.Point{}
}

// luminance is the relative luminance of a colour, such as "ff0000", as WCAG defines it.
func luminance(t *testing.T, rgb string) float64 {
	t.Helper()
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		channel, err := strconv.ParseUint(rgb[2*i:2*i+2], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(channel) / 255
		if c <= 0.04045 {
			sum += weight * c / 12.92
		} else {
			sum += weight * math.Pow((c+0.055)/1.055, 2.4)
		}
	}
	return sum
}
