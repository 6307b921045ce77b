package mpowerstore

import (
	"bytes"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/dispersal"
	"github.com/powbench/powbench/protocols/wire"
)

// The codec's work for the largest bodies of t = 1: an entry of the history with its cross-checksum and vector.
func BenchmarkCodec(b *testing.B) {
	digest := bytes.Repeat([]byte{0xAB}, 32)
	four := [][]byte{digest, digest, digest, digest}
	ts := TS{Timestamp: protocols.Timestamp{Num: 300, PID: 7}, MAC: digest}
	bodies := map[string]protocols.Body{
		"FilterAck": &FilterAck{TS: ts.Timestamp, Entry: &Entry{
			TS: ts, CC: dispersal.CrossChecksum{Length: 256 << 10, Hashes: four}, Commitment: digest, Vec: four,
		}},
		"CollectAck": &CollectAck{Candidate: Candidate{TS: ts, Nonce: digest, Vec: four}},
		"StoreAck":   &StoreAck{},
	}
	for name, body := range bodies {
		data, err := wire.Marshal(nil, body)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name+"/encode", func(b *testing.B) {
			b.ReportAllocs()
			var buf []byte
			for range b.N {
				buf, _ = wire.Marshal(buf[:0], body)
			}
		})
		b.Run(name+"/decode", func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				if err := wire.Unmarshal(data, newBody(body.Kind())); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
