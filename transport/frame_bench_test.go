package transport

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/powbench/powbench/protocols"
)

// A frame's header is encoded and its payload is not touched; to decode it, both are read from a stream.
func BenchmarkFrame(b *testing.B) {
	for _, size := range []int{0, 4 << 10, 128 << 10} {
		m := protocols.Message{Body: &ping{Text: "what is small"}, Payload: make([]byte, size)}
		b.Run(fmt.Sprintf("encode/payload=%d", size), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := encodeMessage(7, "key-000001", m); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("decode/payload=%d", size), func(b *testing.B) {
			frame := encoded(b, 7, "key-000001", m)
			stream := bytes.NewReader(frame)
			frames := newFrameReader(stream)
			b.SetBytes(int64(len(frame)))
			b.ReportAllocs()
			for b.Loop() {
				stream.Reset(frame)
				if _, _, err := readMessage(frames); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
