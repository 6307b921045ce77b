package command

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/command"
)

// inBlocks are blocks of a machine that drifts by a fifth from set to set, and builds of which B is faster by that factor.
func inBlocks(random *rand.Rand, blocks int, factor float64) (all []block) {
	drift := 1.
	for range blocks {
		var b block
		for place, which := range abba {
			drift *= 1 + 0.01*random.NormFloat64()
			s := &result.Set{Dir: "x", Manifest: result.Manifest{Schema: result.SchemaVersion}}
			for _, op := range []string{"read", "write"} {
				x := 50 * drift * (1 + 0.01*random.NormFloat64())
				if which == 1 {
					x *= factor
				}
				s.Points = append(s.Points, result.Point{
					Schema: result.SchemaVersion, Series: result.Series{Protocol: "mabd", Variant: "paper", Suite: "paper", Durability: "write", Op: op, T: 1, ValueBytes: 1024},
					Load: result.Load{Clients: 4}, Repetition: 1, ThroughputMBps: x, ThroughputOps: x, LatencyMs: result.Latency{Mean: 1},
					Validity: result.Validity{Valid: true},
				})
			}
			b[place] = s
		}
		all = append(all, b)
	}
	return all
}

// A difference is found, its absence is not taken for one: false alarms over many sessions are as rare as they are said to be.
func TestBlocksTell(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	verdicts := func(factor float64) (text string) {
		table, err := tell(inBlocks(random, 6, factor))
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range table.Rows {
			text += row[len(row)-1] + "; "
		}
		return text
	}
	if got := verdicts(1.1); strings.Count(got, "faster") != 2 {
		t.Errorf("10 %% faster: %s", got)
	}
	if got := verdicts(0.9); strings.Count(got, "slower") != 2 {
		t.Errorf("10 %% slower: %s", got)
	}
	const sessions = 400
	alarms := 0
	for range sessions {
		if got := verdicts(1); strings.Contains(got, "faster") || strings.Contains(got, "slower") {
			alarms++
		}
	}
	if most := sessions*0.05 + 3*math.Sqrt(sessions*0.05*0.95); float64(alarms) > most {
		t.Errorf("%d false alarms in %d sessions, at most %.0f are to be expected", alarms, sessions, most)
	}
}

func TestRevisionsRefuse(t *testing.T) {
	for want, args := range map[string][]string{
		"--revisions takes A, B and CONFIG, received 2": {"compare", "--revisions", "a", "b"},
		"--blocks is 1: an interval takes at least 2":   {"compare", "--revisions", "--blocks", "1", "a", "b", smokeConfig},
		"no-such.yaml":              {"compare", "--revisions", "a", "b", "no-such.yaml"},
		"revision no-such-revision": {"compare", "--revisions", "no-such-revision", "b", smokeConfig},
	} {
		if code, _, stderr := run(t, args...); code != command.Misused || !strings.Contains(stderr, want) {
			t.Errorf("%v: exit code %d, error %q, want %q", args, code, stderr, want)
		}
	}
}
