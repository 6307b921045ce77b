package result

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
)

// A Search is the search for the number of clients that saturates one series. In JSON its protocol is the series'
// FullName, and it has no variant.
type Search struct {
	Series
	Steps     []SearchStep `json:"steps"`
	Chosen    int          `json:"chosen"` // clients of the measured points
	Saturated bool         `json:"saturated"`
}

// SearchStep is one number of clients that the search tried.
type SearchStep struct {
	Clients        int     `json:"clients"`
	ThroughputMBps float64 `json:"throughput_MBps"`
}

// Means are the throughputs in MB/s of the numbers of clients that were tried, on average where one was tried again.
func (s Search) Means() map[int]float64 {
	mean, times := map[int]float64{}, map[int]float64{}
	for _, step := range s.Steps {
		times[step.Clients]++
		mean[step.Clients] += (step.ThroughputMBps - mean[step.Clients]) / times[step.Clients]
	}
	return mean
}

// Plateau is the numbers of clients, ascending, whose throughput is at most the gain below the highest; nil if nothing was
// tried.
func (s Search) Plateau(gain Share) (on []int) {
	mean := s.Means()
	best := 0.
	for _, x := range mean {
		best = max(best, x)
	}
	for _, n := range slices.Sorted(maps.Keys(mean)) {
		if mean[n] >= (1-gain.Fraction())*best {
			on = append(on, n)
		}
	}
	return on
}

// SearchGain is the gain of the experiment's searches, and whether its config tells.
func (m Manifest) SearchGain() (Share, bool) {
	var config struct {
		Search struct {
			Gain string `json:"gain"`
		} `json:"search"`
	}
	if json.Unmarshal(m.Config, &config) != nil {
		return 0, false
	}
	gain, err := Parse[Share](config.Search.Gain)
	return gain, err == nil
}

// MarshalJSON implements json.Marshaler.
func (s Search) MarshalJSON() ([]byte, error) {
	type plain Search
	s.Protocol, s.Variant = s.FullName(), ""
	return json.Marshal(plain(s))
}

// UnmarshalJSON implements json.Unmarshaler.
func (s *Search) UnmarshalJSON(data []byte) error {
	type plain Search
	if err := json.Unmarshal(data, (*plain)(s)); err != nil {
		return err
	}
	s.Protocol, s.Variant = SplitName(s.Protocol)
	return nil
}

// fillSearches gives searches the suite and durability of the experiment, which those of earlier versions lack: it had one
// of each.
func (s *Set) fillSearches() {
	var p Plan
	if json.Unmarshal(s.Manifest.Config, &p) != nil || len(p.Suites) != 1 || len(p.Durability) != 1 {
		return
	}
	for i := range s.Manifest.Searches {
		found := &s.Manifest.Searches[i].Series
		found.Suite, found.Durability = cmp.Or(found.Suite, p.Suites[0]), cmp.Or(found.Durability, p.Durability[0])
	}
}
