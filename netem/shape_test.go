package netem

import (
	"errors"
	"io"
	"math"
	"net"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"
)

// send sends n bytes from one host to the other and waits until they have arrived. TCP sent so many of them again.
func send(t *testing.T, from, to *Host, n int64) (again int64) {
	t.Helper()
	near, far, err := connect(t.Context(), from, to)
	if err != nil {
		t.Fatal(err)
	}
	defer near.Close()
	defer far.Close()
	var g errgroup.Group
	g.Go(func() error {
		chunk := make([]byte, chunkBytes)
		for left := n; left > 0; left -= int64(len(chunk)) {
			if _, err := near.Write(chunk[:min(left, int64(len(chunk)))]); err != nil {
				return err
			}
		}
		return nil
	})
	g.Go(func() error {
		_, err := io.CopyN(io.Discard, far, n)
		return err
	})
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	if err := control(near.(*net.TCPConn), func(fd int) error {
		info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
		if err == nil {
			again = int64(info.Bytes_retrans)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return again
}

// TestCountersCountPayload proves the kernel's semantics: offloaded packets count as their segments with headers.
func TestCountersCountPayload(t *testing.T) {
	tb := newTestbed(t, Topology{Hosts: []string{"a", "b"}, RateBits: 1e9})
	a, b := tb.Host("a"), tb.Host("b")
	const bytes = 20_000_000
	for name, direction := range map[string]struct {
		from, to *Host
		of       func(Counters) Direction
	}{
		"up":   {a, b, func(c Counters) Direction { return c.Up }},
		"down": {b, a, func(c Counters) Direction { return c.Down }},
	} {
		before := counters(t, a)
		send(t, direction.from, direction.to, bytes)
		d := direction.of(counters(t, a).Since(before))
		if off := math.Abs(float64(d.Payload())/bytes - 1); off > 0.004 {
			t.Errorf("%s: sent %d bytes, counted %d (%+v)", name, bytes, d.Payload(), d)
		}
		if full := uint32(bytes / (mtu - 52)); d.Packets < full {
			t.Errorf("%s: %d packets counted, but %d bytes take %d segments", name, d.Packets, bytes, full)
		}
		if d.Bytes <= bytes+headerBytes*bytes/mtu {
			t.Errorf("%s: %d raw bytes counted, they lack headers", name, d.Bytes)
		}
	}
}

func counters(t *testing.T, h *Host) Counters {
	t.Helper()
	c, err := h.Counters()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Without a shaper the link itself counts the payload, except for handshakes and what TCP sends again.
func TestCountersOfAnUnshapedLink(t *testing.T) {
	for _, noOffload := range []bool{false, true} {
		tb := newTestbed(t, Topology{Hosts: []string{"a", "b"}, NoOffload: noOffload})
		a, b := tb.Host("a"), tb.Host("b")
		beforeA, beforeB := counters(t, a), counters(t, b)
		const bytes = 1 << 20
		again := send(t, a, b, bytes) // single packets are easily lost where nothing slows them down
		up, down := counters(t, a).Since(beforeA).Up, counters(t, b).Since(beforeB).Down
		for name, d := range map[string]Direction{"up": up, "down": down} {
			if off := d.Payload() - bytes; off < -200 || off > 3*mtu+again {
				t.Errorf("without offload %v, %s: %d bytes of payload counted, %d were sent, %d of them again", noOffload, name, d.Payload(), bytes, again)
			}
		}
	}
}

func TestLoopbackHasNoCounters(t *testing.T) {
	tb := NewLoopback(Topology{Hosts: []string{"a", "b"}})
	defer tb.Close()
	if _, err := tb.Host("a").Counters(); !errors.Is(err, ErrUncounted) {
		t.Errorf("Counters() = %v, want ErrUncounted", err)
	}
}

func TestCountersWrapAround(t *testing.T) {
	early := Counters{Down: Direction{Bytes: 1000, Packets: math.MaxUint32, Drops: 3, Backlog: 9}}
	late := Counters{Down: Direction{Bytes: 4000, Packets: 1, Drops: 5, Backlog: 7}}
	if got, want := late.Since(early).Down, (Direction{Bytes: 3000, Packets: 2, Drops: 2, Backlog: 7}); got != want {
		t.Errorf("Since = %+v, want %+v", got, want)
	}
}

// TestBacklogAndDrops overfills a slow link: its queue fills and overflows, and the counters show both.
func TestBacklogAndDrops(t *testing.T) {
	tb := newTestbed(t, Topology{Hosts: []string{"a", "b"}, RateBits: 10e6, Congestion: "reno"})
	f, err := startFlows(t.Context(), tb.Host("a"), tb.peers(0), 4)
	if err != nil {
		t.Fatal(err)
	}
	defer f.stop()
	var c Counters
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if c = counters(t, tb.Host("a")); c.Up.Backlog > 0 && c.Up.Drops > 0 {
			return
		}
	}
	t.Errorf("no backlog or no drops on a full link: %+v", c)
}
