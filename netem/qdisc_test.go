package netem

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
)

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
		request := d.request(&netlink.Dummy{LinkAttrs: netlink.LinkAttrs{Index: lo}})
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
