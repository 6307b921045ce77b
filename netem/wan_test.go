package netem

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"math"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
)

// paths is a Delay function from a table of "from-to".
func paths(table map[string]Delay) func(from, to string) Delay {
	return func(from, to string) Delay { return table[from+"-"+to] }
}

// TestNetEmDelaysEveryPathOnce: every direction of every pair has its own delay. A handshake goes there, back and there:
// with a delay that is missing it would be shorter; delayed twice it would take twice as long.
func TestNetEmDelaysEveryPathOnce(t *testing.T) {
	needNetEm(t)
	tb := newTestbed(t, Topology{Hosts: []string{"a", "b", "c", "d"}, RateBits: 100e6, Delay: paths(map[string]Delay{
		"a-b": {Mean: 25 * ms}, "a-c": {Mean: 25 * ms}, // to d at once
		"b-a": {Mean: 10 * ms}, "b-c": {Mean: 50 * ms}, "b-d": {Mean: 50 * ms},
	})})
	for pair, want := range map[string]time.Duration{"ab": 60 * ms, "ac": 50 * ms, "bc": 100 * ms, "bd": 100 * ms} {
		got := shortestHandshake(t, tb.Host(pair[:1]), tb.Host(pair[1:]))
		if got < want || got >= 2*want {
			t.Errorf("%s: handshake in %v, want %v", pair, got, want)
		}
	}
	for name, want := range map[string]int{"a": 1, "b": 2, "c": 0, "d": 0} { // one for each Delay that differs
		if got := len(tb.Host(name).wans); got != want {
			t.Errorf("%d NetEms behind %s, want %d", got, name, want)
		}
	}
}

// shortestHandshake is how long the fastest of some TCP handshakes takes until both ends are connected.
func shortestHandshake(t *testing.T, from, to *Host) time.Duration {
	t.Helper()
	shortest := time.Duration(math.MaxInt64)
	for range 5 {
		start := time.Now()
		near, far, err := connect(t.Context(), from, to)
		if err != nil {
			t.Fatal(err)
		}
		shortest = min(shortest, time.Since(start))
		near.Close()
		far.Close()
	}
	return shortest
}

func TestNetEmIsSwitchedOffAndOn(t *testing.T) {
	needNetEm(t)
	delay := Delay{Mean: 100 * ms, Jitter: 3 * ms, Loss: 0.001, RateBits: 80e6, Limit: 1234}
	tb := newTestbed(t, Topology{Hosts: []string{"a", "b"}, Delay: func(_, _ string) Delay { return delay }})
	for _, on := range []bool{false, true} {
		if err := tb.SetDelays(on); err != nil {
			t.Fatal(err)
		}
		q := netemOf(t, tb.Host("a"))
		want := netlink.Netem{Limit: 1234, Rate64: 10e6}
		if on {
			want.Latency, want.Jitter, want.Loss = 1_562_500, 46_875, 4_294_967 // ticks of 64 ns; 1/1000 of 2³²
		}
		if q.Latency != want.Latency || q.Jitter != want.Jitter || q.Loss != want.Loss || q.Limit != want.Limit ||
			q.Rate64 != want.Rate64 {
			t.Errorf("on = %v: the kernel has %v with %d bytes/s, want %v", on, q, q.Rate64, &want)
		}
	}
	tb.Close()
	if err := tb.SetDelays(true); !errors.Is(err, net.ErrClosed) {
		t.Errorf("SetDelays on a closed testbed = %v", err)
	}
}

// netemOf is what the kernel says of the host's first NetEm.
func netemOf(t *testing.T, h *Host) *netlink.Netem {
	t.Helper()
	queues, err := h.testbed.switchPort.QdiscList(h.wans[0].device)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range queues {
		if netem, ok := q.(*netlink.Netem); ok {
			return netem
		}
	}
	t.Fatalf("no NetEm behind %s: %v", h.Name, queues)
	return nil
}

// TestNetEmIsCounted: what NetEm loses is a drop, what it delays is backlog, and neither is traffic of the receiver.
func TestNetEmIsCounted(t *testing.T) {
	needNetEm(t)
	const datagrams, bytes = 50, 1000
	for name, delay := range map[string]Delay{"loss": {Loss: 1}, "delay": {Mean: time.Minute}} {
		tb := newTestbed(t, Topology{
			Hosts: []string{"a", "b"}, RateBits: 100e6, Delay: paths(map[string]Delay{"a-b": delay}),
		})
		sendDatagrams(t, tb.Host("a"), tb.Host("b"), datagrams, bytes)
		var up Direction
		for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(ms) {
			up = counters(t, tb.Host("a")).Up
			if up.Drops == datagrams || up.Backlog >= datagrams*bytes || time.Now().After(deadline) {
				break
			}
		}
		if lost := up.Drops == datagrams; lost != (name == "loss") {
			t.Errorf("%s: %d drops of %d datagrams", name, up.Drops, datagrams)
		}
		if waits := up.Backlog >= datagrams*bytes; waits != (name == "delay") {
			t.Errorf("%s: backlog of %d bytes of %d", name, up.Backlog, datagrams*bytes)
		}
		if up.Bytes < datagrams*bytes {
			t.Errorf("%s: %d bytes sent, want at least %d", name, up.Bytes, datagrams*bytes)
		}
		if down := counters(t, tb.Host("b")).Down; down.Bytes > bytes { // no more than ARP
			t.Errorf("%s: %d bytes arrived", name, down.Bytes)
		}
	}
}

func sendDatagrams(t *testing.T, from, to *Host, n, bytes int) {
	t.Helper()
	err := from.inside(func() error {
		// Not connected, so that it is not told that nobody listens.
		c, err := net.ListenPacket("udp4", net.JoinHostPort(from.Addr().String(), "0"))
		if err != nil {
			return err
		}
		defer c.Close()
		for range n {
			if _, err := c.WriteTo(make([]byte, bytes), &net.UDPAddr{IP: to.Addr().AsSlice(), Port: 9}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestNetEmLeavesBytesCounted: what the shapers of a delayed path count is as on any other, and the same at both ends.
func TestNetEmLeavesBytesCounted(t *testing.T) {
	needNetEm(t)
	tb := newTestbed(t, Topology{
		Hosts: []string{"a", "b"}, RateBits: 100e6, NoOffload: true,
		Delay: func(_, _ string) Delay { return Delay{Mean: 20 * ms, Jitter: 4 * ms} },
	})
	const datagrams, bytes, headers = 1000, 1000, 14 + 20 + 8
	a, b := tb.Host("a"), tb.Host("b")
	sendDatagrams(t, a, b, 1, bytes) // has the receiver's Ethernet address asked for: few datagrams can wait for that
	eventually(t, "the first arrives", func() bool { return counters(t, b).Down.Bytes >= bytes })
	beforeA, beforeB := counters(t, a), counters(t, b)
	sendDatagrams(t, a, b, datagrams, bytes)
	const all = datagrams * (bytes + headers)
	eventually(t, "all arrive", func() bool { return counters(t, b).Since(beforeB).Down.Bytes >= all })
	up, down := counters(t, a).Since(beforeA).Up, counters(t, b).Since(beforeB).Down
	for end, d := range map[string]Direction{"up": up, "down": down} { // with little else, such as ARP
		if off := float64(d.Bytes)/all - 1; off < 0 || off > 0.001 || d.Drops > 0 {
			t.Errorf("%s: %+v for %d datagrams of %d bytes", end, d, datagrams, bytes+headers)
		}
	}
}

// TestKernelWithout: where the kernel has no NetEm, the error says what to do.
func TestKernelWithout(t *testing.T) {
	needNamespaces(t)
	err := CanDelay()
	if err == nil {
		t.Skip("skipped: this kernel has NetEm")
	}
	if !errors.Is(err, ErrUnsupported) || !strings.Contains(err.Error(), "modprobe") {
		t.Errorf("CanDelay() = %v, want the remedy", err)
	}
}

// TestNoOffload: without offload every segment is a packet of its own, with it few packets carry many.
func TestNoOffload(t *testing.T) {
	for _, noOffload := range []bool{true, false} {
		tb := newTestbed(t, Topology{Hosts: []string{"a", "b"}, RateBits: 1e9, NoOffload: noOffload})
		const bytes = 5_000_000
		send(t, tb.Host("a"), tb.Host("b"), bytes)
		device, err := tb.Host("a").port.LinkByName(hostDevice)
		if err != nil {
			t.Fatal(err)
		}
		segments := uint64(bytes / (mtu - 52))
		if packets := device.Attrs().Statistics.TxPackets; (packets >= segments) != noOffload {
			t.Errorf("NoOffload = %v: %d packets for %d segments", noOffload, packets, segments)
		}
	}
}

const ms = time.Millisecond

// asTC are Delays in tc's words, of which testdata/tc.txt has what tc makes of them.
var asTC = map[string]Delay{
	"delay 20ms limit 100000":                         {Mean: 20 * ms},
	"delay 10ms 2ms limit 100000":                     {Mean: 10 * ms, Jitter: 2 * ms, Distribution: "uniform"},
	"loss 100% limit 100000":                          {Loss: 1},
	"delay 1ms rate 40gbit limit 100000":              {Mean: ms, RateBits: 40e9},
	"delay 20ms 4ms distribution pareto limit 100000": {Mean: 20 * ms, Jitter: 4 * ms},
	"delay 50ms 10ms distribution normal loss 0.1% limit 2000": {
		Mean: 50 * ms, Jitter: 10 * ms, Distribution: "normal", Loss: 0.001, Limit: 2000,
	},
	"delay 20ms 4ms distribution pareto loss 1% rate 100mbit limit 100000 reorder 1%": {
		Mean: 20 * ms, Jitter: 4 * ms, Loss: 0.01, RateBits: 100e6, Reorder: 0.01,
	},
}

// TestMessagesAreThoseOfTC compares byte for byte. That covers the tables, which tc reads from iproute2's files.
func TestMessagesAreThoseOfTC(t *testing.T) {
	text, err := os.ReadFile("testdata/tc.txt")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ = bytes.Cut(text, []byte("\n\n"))
	blocks := strings.Split(string(text), "\n\n")
	if len(blocks) != len(asTC) {
		t.Errorf("%d messages of tc, %d Delays", len(blocks), len(asTC))
	}
	for _, block := range blocks {
		command, want, _ := strings.Cut(strings.TrimSpace(block), "\n")
		d, ok := asTC[strings.TrimPrefix(command, "netem ")]
		if !ok {
			t.Errorf("no Delay for %q", command)
			continue
		}
		const lo = 1
		request := d.request(rootQueue(&netlink.Dummy{LinkAttrs: netlink.LinkAttrs{Index: lo}}))
		request.Seq = 0
		if got := describe(request.Serialize()); got != strings.Join(strings.Fields(want), "") {
			t.Errorf("%s\ngot  %s\nwant %s", command, got, want)
		}
	}
}

// describe is a message as in testdata/tc.txt, without spaces.
func describe(message []byte) string {
	const table = 2 * tableSteps
	if len(message) <= table {
		return hex.EncodeToString(message)
	}
	head := len(message) - table
	sum := sha256.Sum256(message[head:])
	return hex.EncodeToString(message[:head]) + "table" + hex.EncodeToString(sum[:])
}

// TestNanoseconds: what ticks cannot say exactly goes into attributes that tc's version has not.
func TestNanoseconds(t *testing.T) {
	for d, want := range map[Delay]map[uint16]uint64{
		{Mean: 20 * ms, Jitter: 4 * ms}:                       {},
		{Mean: 20*ms + 1, Jitter: 4 * ms}:                     {tcaNetemLatency64: 20_000_001, tcaNetemJitter64: 4_000_000},
		{Mean: 100, Jitter: 70, Distribution: "uniform"}:      {tcaNetemLatency64: 100, tcaNetemJitter64: 70},
		{Mean: 10 * time.Minute, Jitter: ms, RateBits: 100e6}: {tcaNetemLatency64: 600e9, tcaNetemJitter64: 1_000_000},
	} {
		options := d.options().Serialize()
		attributes, err := nl.ParseRouteAttr(options[4+nl.SizeofTcNetemQopt:])
		if err != nil {
			t.Fatal(err)
		}
		got := map[uint16]uint64{}
		for _, a := range attributes {
			if a.Attr.Type == tcaNetemLatency64 || a.Attr.Type == tcaNetemJitter64 {
				got[a.Attr.Type] = nl.NativeEndian().Uint64(a.Value)
			}
		}
		if len(got) != len(want) || got[tcaNetemLatency64] != want[tcaNetemLatency64] ||
			got[tcaNetemJitter64] != want[tcaNetemJitter64] {
			t.Errorf("%+v: 64-bit attributes %v, want %v", d, got, want)
		}
	}
}
