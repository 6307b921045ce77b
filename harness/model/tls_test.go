package model

import (
	"slices"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/catalog"
)

// TLS 1.3 adds 22 bytes to each record of at most 16 KiB: a header of 5, the type, and a tag of 16 (RFC 8446, section 5.2). A
// frame's payload begins a record of its own.
func TestTLSAddsRecords(t *testing.T) {
	const room, added = 16384, 22
	records := func(bytes int) int { return (bytes + room - 1) / room }
	of := func(m Message) int { return added * (records(m.Bytes-m.Payload) + records(m.Payload)) }
	for _, p := range slices.Concat(catalog.All(), catalog.Variants(), catalog.Nulls()) {
		for _, op := range ops {
			for _, size := range []int{1000, 256 << 10} {
				c := Case{Protocol: p, Suite: "modern", T: 1, Op: op, ValueBytes: size, KeyBytes: 10, Writes: 1}
				clear := count(t, c)
				c.TLS = true
				sealed := count(t, c)
				for i, r := range clear.Rounds {
					for server, m := range r.Requests {
						if got := sealed.Rounds[i].Requests[server]; got.Bytes != m.Bytes+of(m) || got.Payload != m.Payload {
							t.Errorf("%s of %s, request %d: %+v with TLS, %+v without", op, protocols.NameOf(p), i+1, got, m)
						}
					}
					for server, m := range r.Replies {
						if got := sealed.Rounds[i].Replies[server]; got.Bytes != m.Bytes+of(m) || got.Payload != m.Payload {
							t.Errorf("%s of %s, reply %d: %+v with TLS, %+v without", op, protocols.NameOf(p), i+1, got, m)
						}
					}
					if (r.Between.Bytes == 0) != (sealed.Rounds[i].Between.Bytes == 0) || sealed.Rounds[i].Between.Bytes < r.Between.Bytes {
						t.Errorf("%s of %s: %+v between servers with TLS, %+v without", op, protocols.NameOf(p), sealed.Rounds[i].Between, r.Between)
					}
				}
			}
		}
	}
}
