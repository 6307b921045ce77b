package netem

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/vishvananda/netlink"
)

// outgoing calls DelayOutgoing on a host.
func outgoing(t *testing.T, h *Host, to map[netip.Addr]Delay, spare ...netip.Addr) (o *Outgoing, err error) {
	t.Helper()
	if inside := h.inside(func() error {
		o, err = DelayOutgoing(h.device.Attrs().Name, to, spare...)
		return nil
	}); inside != nil {
		t.Fatal(inside)
	}
	return o, err
}

// Packets to the addresses named are delayed, others are not; afterwards none is. What a process left that was killed the next one
// removes.
func TestNetEmOutgoing(t *testing.T) {
	needNetEm(t)
	tb := newTestbed(t, Topology{Hosts: []string{"a", "b", "c", "d"}})
	a, b, c, d := tb.Host("a"), tb.Host("b"), tb.Host("c"), tb.Host("d")
	delays := func(what string, want ...bool) {
		t.Helper()
		for i, to := range []*Host{b, c, d} {
			if got := shortestHandshake(t, a, to); got >= 30*ms != want[i] {
				t.Errorf("%s: handshake with %s in %v", what, to.Name, got)
			}
		}
	}
	o, err := outgoing(t, a, map[netip.Addr]Delay{b.Addr(): {Mean: 30 * ms}, c.Addr(): {Mean: 60 * ms}})
	if err != nil {
		t.Fatal(err)
	}
	delays("put", true, true, false)
	if err := o.Remove(); err != nil || o.Remove() != nil {
		t.Error(err)
	}
	delays("removed", false, false, false)
	if _, err := outgoing(t, a, map[netip.Addr]Delay{b.Addr(): {Mean: 30 * ms}}); err != nil {
		t.Fatal(err)
	}
	if _, err = outgoing(t, a, map[netip.Addr]Delay{c.Addr(): {Mean: 30 * ms}}); err != nil {
		t.Fatal(err)
	}
	delays("put again", false, true, false)
	if err := a.inside(func() error { return UndelayOutgoing(a.device.Attrs().Name) }); err != nil {
		t.Error(err)
	}
	delays("taken back by name", false, false, false)
}

// A device is refused that steers the machine, that others have set up, or that does not lead to where the delays are. It stays as it is.
func TestOutgoingRefuses(t *testing.T) {
	plain := newTestbed(t, Topology{Hosts: []string{"a", "b", "c"}})
	shaped := newTestbed(t, Topology{Hosts: []string{"a", "b"}, RateBits: 1e9})
	a, b := plain.Host("a"), plain.Host("b")
	to := func(h *Host) map[netip.Addr]Delay { return map[netip.Addr]Delay{h.Addr(): {Mean: ms}} }
	many := map[netip.Addr]Delay{}
	for i := range 14 {
		many[netip.AddrFrom4([4]byte{198, 18, 1, byte(i)})] = Delay{Mean: ms, Limit: i + 1}
	}
	for want, do := range map[string]func() error{
		"is not reached by it": func() error {
			_, err := outgoing(t, a, map[netip.Addr]Delay{netip.MustParseAddr("127.0.0.1"): {Mean: ms}})
			return err
		},
		"it leads to " + b.Addr().String(): func() error {
			_, err := outgoing(t, a, to(plain.Host("c")), b.Addr())
			return err
		},
		"it has a queue (tbf) that somebody set": func() error {
			_, err := outgoing(t, shaped.Host("a"), to(shaped.Host("b")))
			return err
		},
		"14 different delays: a device can have 13": func() error {
			_, err := outgoing(t, a, many)
			return err
		},
		"this is the loopback": func() error {
			return a.inside(func() error { _, err := DelayOutgoing("lo", to(b)); return err })
		},
		"network interface nosuch: ": func() error {
			return a.inside(func() error { _, err := DelayOutgoing("nosuch", to(b)); return err })
		},
		"it carries the default route": func() error {
			return a.inside(func() error {
				if err := netlink.RouteAdd(&netlink.Route{LinkIndex: a.device.Attrs().Index, Gw: b.Addr().AsSlice()}); err != nil {
					return err
				}
				defer func() {
					_ = netlink.RouteDel(&netlink.Route{LinkIndex: a.device.Attrs().Index, Gw: b.Addr().AsSlice()})
				}()
				_, err := DelayOutgoing(a.device.Attrs().Name, to(b))
				return err
			})
		},
	} {
		if err := do(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	for _, h := range []*Host{a, shaped.Host("a")} {
		queues, err := h.port.QdiscList(h.device)
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range queues {
			if q.Type() == "prio" {
				t.Errorf("a refusal left %v", q)
			}
		}
	}
}
