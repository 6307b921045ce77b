package experiment

import (
	"time"

	"github.com/powbench/powbench/harness/result"
)

// defaults is what a file need not say: the paper's Table 2 (t, value, concurrency, operations) and the setup of its
// §6.1 (protocols, suite, repetitions, peak search, testbed). The rest is our choice.
func defaults() Settings {
	return Settings{
		Seed: 2013,
		Plan: result.Plan{
			Repetitions: 5,
			Attempts:    3,
			Protocols:   []string{"mpowerstore", "mabd", "phalanx"},
			Operations:  []string{result.OpRead, result.OpWrite},
			Suites:      []string{result.Paper},
			Durability:  []string{result.UsualDurability},
			T:           []int{1},
			Values:      []result.Size{256 * result.KiB},
			Clients:     nil,
		},
		Concurrency: 1 * result.Percent,
		Workload:    Workload{Keys: result.Uniform},
		Phases:      Phases{Warmup: result.Duration(time.Second), Measure: result.Duration(3 * time.Second)},
		Search: Search{
			Clients: []int{1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64},
			Gain:    3 * result.Percent,
			Measure: result.Duration(1500 * time.Millisecond),
		},
		Testbed: Testbed{
			Topology: result.SharedHost, ClientHosts: 3, Rate: result.Gbit, Congestion: "reno", Tolerance: 2 * result.Percent,
			DelayTolerance: 3 * result.Percent,
		},
	}
}

// fillIn sets what a file left out and whose default depends on what else it says. With segmentation offload NetEm
// would draw one delay for up to 64 KiB, not one for each packet.
func (s *Settings) fillIn() {
	switch {
	case s.Testbed.Offload != "":
	case s.Testbed.NetEm():
		s.Testbed.Offload = Off
	default:
		s.Testbed.Offload = On
	}
}
