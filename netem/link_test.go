package netem

import (
	"testing"

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
		{1e9, false, burstBytes, netlink.Tbf{Rate: 123_049_414, Limit: 1 << 20}},
		{100e6, false, burstBytes, netlink.Tbf{Rate: 12_304_941, Limit: 128 << 10}},
		{100e6, true, shortBurstBytes, netlink.Tbf{Rate: 12_304_941, Limit: 128 << 10}},
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

func TestQueueBytes(t *testing.T) {
	for rate, want := range map[int64]uint32{1e6: 128 << 10, 100e6: 128 << 10, 1e9: 1 << 20, 10e9: 10 << 20} {
		if got := queueBytes(rate); got != want {
			t.Errorf("queueBytes(%d) = %d, want %d", rate, got, want)
		}
	}
}

func TestHostAddr(t *testing.T) {
	for i, want := range map[int]string{0: "198.18.0.1", 254: "198.18.0.255", 255: "198.18.1.0"} {
		if got := hostAddr(i).String(); got != want {
			t.Errorf("host %d has address %s, want %s", i, got, want)
		}
	}
}
