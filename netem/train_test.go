package netem

import (
	"strings"
	"testing"
	"time"

	"github.com/powbench/powbench/netem/guest"
)

// TestNetEmProbeWhileOthersWork: two hosts exchange large messages, a probe between two others does not notice.
func TestNetEmProbeWhileOthersWork(t *testing.T) {
	needNetEm(t)
	asked := Delay{Mean: 20 * ms, Jitter: 4 * ms}
	tb := newTestbed(t, Topology{
		Hosts: []string{"a", "b", "c", "d"}, RateBits: 100e6, NoOffload: true, Congestion: "reno",
		Delay: func(_, _ string) Delay { return asked },
	})
	stop, err := tb.StartProbe(tb.Host("c"), tb.Host("d"), 2*ms)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		send(t, tb.Host("a"), tb.Host("b"), 1<<20)
	}
	m, err := stop()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", m)
	off := m.Off(LoadedDelays)
	needTimely(t, off != "" && guest.Current() != "" && m.Lost == 0 && m.Mean < asked.filled().AskedMean()+5*ms, off)
	if off != "" || m.Samples < 100 || m.From != "c" || m.To != "d" {
		t.Errorf("%s: %+v", off, m)
	}
}

// TestProbe runs without NetEm: the number of packets and the floor are as told, and a changed delay is noticed.
func TestProbe(t *testing.T) {
	tb := NewLoopback(Topology{Hosts: []string{"a", "b"}})
	tb.Topology.Delay = func(_, _ string) Delay { return Delay{Mean: 10 * ms} }
	const floor = time.Microsecond
	tb.floor.Store(int64(floor))
	stop, err := tb.StartProbe(tb.Host("a"), tb.Host("b"), ms)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	time.Sleep(100 * ms)
	m, err := stop()
	if err != nil {
		t.Fatal(err)
	}
	if most := int(time.Since(start) / ms); m.Samples < 1 || m.Samples > most || m.Lost != 0 || m.Floor != floor {
		t.Errorf("%+v, want 1 to %d samples and none lost", m, most)
	}
	if off := m.Off(LoadedDelays); !strings.Contains(off, "asked for 10.00") {
		t.Errorf("Off = %q of a path without delay", off)
	}
}

func TestProbeOfAClosedHost(t *testing.T) {
	tb := NewLoopback(Topology{Hosts: []string{"a", "b"}})
	tb.Close()
	if _, err := tb.StartProbe(tb.Host("a"), tb.Host("b"), ms); err == nil || !strings.Contains(err.Error(), "from a to b") {
		t.Errorf("StartProbe on a closed testbed = %v", err)
	}
}
