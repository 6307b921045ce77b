package netem

import (
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
)

// TestShapersAreAsAsked reads back from the kernel what shapes both ends of a link.
func TestShapersAreAsAsked(t *testing.T) {
	for _, c := range []struct {
		rateBits  int64
		noOffload bool
		burst     uint32
		want      netlink.Tbf
	}{ // 984.4 Mbit/s of frames without preamble and gap
		{1e9, false, burstBytes, netlink.Tbf{Rate: 123_049_414, Limit: 4 << 20}},
		{100e6, false, burstBytes, netlink.Tbf{Rate: 12_304_941, Limit: 419_430}},
		{100e6, true, shortBurstBytes, netlink.Tbf{Rate: 12_304_941, Limit: 419_430}},
	} {
		rateBits, want := c.rateBits, c.want
		tb := newTestbed(t, Topology{Hosts: []string{"a"}, RateBits: rateBits, NoOffload: c.noOffload})
		h := tb.Host("a")
		for end, got := range map[string]*netlink.Tbf{
			"host":   shaper(t, h.port, h.device),
			"switch": shaper(t, tb.switchPort, h.switchDevice),
		} {
			if got.Rate != want.Rate || got.Limit != want.Limit {
				t.Errorf("%d bit/s, %s end: rate %d B/s, limit %d; want %d and %d",
					rateBits, end, got.Rate, got.Limit, want.Rate, want.Limit)
			}
			if burst := netlink.Xmitsize(got.Rate, got.Buffer); burst < c.burst*99/100 || burst > c.burst {
				t.Errorf("%d bit/s, %s end: burst of %d bytes, want %d", rateBits, end, burst, c.burst)
			}
		}
	}
}

// TestSetRate gives one host's link a rate of its own and takes it back; the other link keeps its rate.
func TestSetRate(t *testing.T) {
	tb := newTestbed(t, Topology{Hosts: []string{"a", "b"}, RateBits: 1e9})
	check := func(name string, want uint64) {
		t.Helper()
		h := tb.Host(name)
		for end, got := range map[string]*netlink.Tbf{
			"host":   shaper(t, h.port, h.device),
			"switch": shaper(t, tb.switchPort, h.switchDevice),
		} {
			if got.Rate != want {
				t.Errorf("%s, %s end: rate %d B/s, want %d", name, end, got.Rate, want)
			}
		}
	}
	for _, c := range []struct {
		rateBits int64
		want     uint64
	}{{100e6, 12_304_941}, {0, 123_049_414}} {
		if err := tb.Host("a").SetRate(c.rateBits); err != nil {
			t.Fatal(err)
		}
		check("a", c.want)
		check("b", 123_049_414)
	}
	if err := tb.Host("a").SetRate(1); err == nil || !strings.Contains(err.Error(), "at least") {
		t.Errorf("1 bit/s: error %v, want one that names the least rate", err)
	}
	unshaped := newTestbed(t, Topology{Hosts: []string{"a"}})
	if err := unshaped.Host("a").SetRate(100e6); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("an unshaped link: error %v, want ErrUnsupported", err)
	}
}

func shaper(t *testing.T, ns *netlink.Handle, device netlink.Link) *netlink.Tbf {
	t.Helper()
	queues, err := ns.QdiscList(device)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range queues {
		if tbf, ok := q.(*netlink.Tbf); ok {
			return tbf
		}
	}
	t.Fatalf("%s has no shaper: %v", device.Attrs().Name, queues)
	return nil
}

func TestQueue(t *testing.T) {
	for rate, want := range map[int64]int64{0: 0, 1e6: 128 << 10, 100e6: 419430, 1e9: 4 << 20, 10e9: 40 << 20} {
		if got := (Topology{RateBits: rate}).Queue(); got != want {
			t.Errorf("at %d bit/s the queue has %d bytes, want %d", rate, got, want)
		}
	}
	if got := (Topology{RateBits: 1e9, QueueBytes: 1 << 20}).Queue(); got != 1<<20 {
		t.Errorf("the queue has %d bytes, not the 1 MiB asked for", got)
	}
}

// While a host's link is down nothing passes, in either direction and to no host; other hosts do not notice. Once it is
// up again, connections of before go on and new ones can be made. Address, routes and shapers are as they were.
func TestSetUp(t *testing.T) {
	tb := newTestbed(t, Topology{Hosts: []string{"a", "b", "c"}, RateBits: 100e6})
	a, b, c := tb.Host("a"), tb.Host("b"), tb.Host("c")
	near, far, err := connect(t.Context(), a, b)
	if err != nil {
		t.Fatal(err)
	}
	defer near.Close()
	defer far.Close()
	for range 2 {
		if err := b.SetUp(false); err != nil {
			t.Fatal(err)
		}
		for _, way := range [][2]net.Conn{{near, far}, {far, near}} {
			if _, err := way[0].Write([]byte("cut")); err != nil {
				t.Fatalf("a connection ends with its link: %v", err)
			}
			_ = way[1].SetReadDeadline(time.Now().Add(60 * time.Millisecond))
			if n, err := way[1].Read(make([]byte, 3)); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("%d bytes pass a link that is down: %v", n, err)
			}
		}
		send(t, a, c, 100_000)
		if err := b.SetUp(true); err != nil {
			t.Fatal(err)
		}
		for _, end := range []net.Conn{near, far} {
			_ = end.SetReadDeadline(time.Now().Add(10 * time.Second))
			got := make([]byte, 3)
			if _, err := io.ReadFull(end, got); err != nil || string(got) != "cut" {
				t.Errorf("after the link came up again a connection yields %q, %v", got, err)
			}
		}
		send(t, b, c, 100_000)
	}
	for name, got := range map[string]*netlink.Tbf{
		"host": shaper(t, b.port, b.device), "switch": shaper(t, tb.switchPort, b.switchDevice),
	} {
		if got.Rate != 12_304_941 {
			t.Errorf("shaper at the %s's end: rate %d B/s after the link was down", name, got.Rate)
		}
	}
}

func TestSetUpFails(t *testing.T) {
	err := NewLoopback(Topology{Hosts: []string{"a"}}).Host("a").SetUp(false)
	if !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), "loopback") {
		t.Errorf("on loopback: %v", err)
	}
	tb := newTestbed(t, Topology{Hosts: []string{"a"}})
	if err := tb.Close(); err != nil {
		t.Fatal(err)
	}
	if err := tb.Host("a").SetUp(false); !errors.Is(err, net.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

func TestHostAddr(t *testing.T) {
	for i, want := range map[int]string{0: "198.18.0.1", 254: "198.18.0.255", 255: "198.18.1.0"} {
		if got := hostAddr(i).String(); got != want {
			t.Errorf("host %d has address %s, want %s", i, got, want)
		}
	}
}
