package wire

import (
	"bytes"
	"testing"

	"github.com/powbench/powbench/protocols"
)

// A small body, as most are, and one with a hash for each fragment of ten servers.
var bodies = []struct {
	name string
	body sample
}{
	{"small", sample{TS: protocols.Timestamp{Num: 300, PID: 7}, Name: "lc", Bytes: make([]byte, 32)}},
	{"large", sample{
		TS: protocols.Timestamp{Num: 300, PID: 7}, Name: "hist", Bytes: make([]byte, 32),
		List: []part{{1, hashes(10)}, {2, hashes(10)}},
	}},
}

func hashes(n int) (all [][]byte) {
	for range n {
		all = append(all, make([]byte, 32))
	}
	return all
}

func BenchmarkMarshal(b *testing.B) {
	for _, c := range bodies {
		b.Run("body="+c.name, func(b *testing.B) {
			buf := make([]byte, 0, 4<<10)
			b.SetBytes(int64(len(mustMarshal(b, nil, &c.body))))
			b.ReportAllocs()
			for b.Loop() {
				mustMarshal(b, buf, &c.body)
			}
		})
	}
}

func BenchmarkUnmarshal(b *testing.B) {
	for _, c := range bodies {
		b.Run("body="+c.name, func(b *testing.B) {
			data := bytes.Clone(mustMarshal(b, nil, &c.body))
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				var got sample
				if err := Unmarshal(data, &got); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
