package harness

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/powbench/powbench/harness/result"
)

// ofRuns is the progress of some runs and searches that begin now, and what it wrote.
func ofRuns(total int, expected time.Duration) (*progress, *strings.Builder) {
	out := new(strings.Builder)
	return &progress{out: out, name: "fig2b", total: total, todo: total, expected: expected, started: time.Now()}, out
}

// step lets a run take some time and returns the line that reports it.
func step(p *progress, out *strings.Builder, took time.Duration, point result.Point) string {
	out.Reset()
	p.begin("mabd-read")
	time.Sleep(took)
	p.measured(point)
	return out.String()
}

func TestProgressLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, out := ofRuns(4, time.Hour)
		good := result.Point{ThroughputMBps: 39.16, LatencyMs: result.Latency{Mean: 12.34}, Validity: result.Validity{Valid: true}}
		shaped := good
		shaped.Shaped, shaped.BoundRatio = true, 0.998
		bad := good
		bad.Valid, bad.InvalidReason = false, "no operation ended in the window"
		for i, c := range []struct {
			point result.Point
			want  string
		}{
			{good, "fig2b [1/4] mabd-read: 39.2 MB/s, 12.3 ms (30s left)\n"},
			{shaped, "fig2b [2/4] mabd-read: 39.2 MB/s, 12.3 ms, 100 % of the network's bound (20s left)\n"},
			{bad, "fig2b [3/4] mabd-read: 39.2 MB/s, 12.3 ms — INVALID: no operation ended in the window (10s left)\n"},
		} {
			if got := step(p, out, 10*time.Second, c.point); got != c.want {
				t.Errorf("line %d: %q\nwant   %q", i+1, got, c.want)
			}
		}
	})
}

func TestProgressOfSearches(t *testing.T) {
	p, out := ofRuns(2, time.Minute)
	p.begin("search mabd/read/t1/256KiB")
	p.searched(result.Search{Chosen: 4, Saturated: true})
	p.begin("search mabd/write/t1/256KiB")
	p.searched(result.Search{Chosen: 64})
	p.note("measuring every link")
	for _, want := range []string{
		"fig2b [1/2] search mabd/read/t1/256KiB: 4 clients saturate it (",
		"fig2b [2/2] search mabd/write/t1/256KiB: not saturated by 64 clients (0s left)\n",
		"fig2b: measuring every link\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q, want %q in it", out, want)
		}
	}
}

// The time left is that of the runs left, at the pace of those measured since the start. Runs of an earlier start say
// nothing of the pace.
func TestTimeLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, out := ofRuns(6, time.Minute)
		p.finished, p.todo = 1, 5
		if got := p.left(); got != time.Minute {
			t.Errorf("before the first run %v are left, want what was expected", got)
		}
		step(p, out, 4*time.Second, result.Point{})
		if got := p.left(); got != 16*time.Second {
			t.Errorf("4 runs of 4 s: %v are left", got)
		}
		step(p, out, 8*time.Second, result.Point{})
		if got := p.left(); got != 18*time.Second {
			t.Errorf("3 runs of 6 s: %v are left", got)
		}
		step(p, out, 6*time.Second, result.Point{})
		step(p, out, 6*time.Second, result.Point{})
		line := step(p, out, 6*time.Second, result.Point{})
		if p.left() != 0 || !strings.HasPrefix(line, "fig2b [6/6] ") {
			t.Errorf("in the end %v are left: %q", p.left(), line)
		}
	})
}
