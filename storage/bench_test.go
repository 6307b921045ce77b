package storage

import (
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/powbench/powbench/protocols"
)

// benchBytes is the size of the payload of a benchmark's record: a fragment of 256 KiB with t = 1.
const benchBytes = 128 << 10

// BenchmarkApply writes 128 KiB records over 1000 keys with 8 writers. Beside the speed it reports the process's
// peak of resident memory and the write amplification. Repeat with, for instance,
//
//	GOMEMLIMIT=160MiB go test -run - -bench Apply -benchtime 10000x -benchmem ./storage
func BenchmarkApply(b *testing.B) {
	for _, durability := range []protocols.Durability{protocols.Fsync, protocols.Unsynced, protocols.Volatile} {
		b.Run(string(durability), func(b *testing.B) {
			s := benchStore(b, durability)
			b.ReportAllocs()
			b.ResetTimer()
			if err := applyAll(s.Apply, b.N); err != nil {
				b.Fatal(err)
			}
			b.StopTimer()
			m := s.Metrics()
			b.ReportMetric(float64(processStatus(b).VmHWM)/(1<<20), "MiB-resident")
			b.ReportMetric(m.WriteAmplification(), "write-amp")
			b.ReportMetric(float64(m.DiskBytes)/1e6, "MB-on-disk")
			b.ReportMetric(m.StallTime.Seconds(), "s-stalled")
		})
	}
}

// BenchmarkGet reads 128 KiB records that were just written, and BenchmarkBody what a STORE asks first: whether there is a
// record of a name, which there is not.
func BenchmarkGet(b *testing.B) {
	for _, durability := range []protocols.Durability{protocols.Unsynced, protocols.Volatile} {
		b.Run(string(durability), func(b *testing.B) {
			s := benchStore(b, durability)
			if err := applyAll(s.Apply, 1000); err != nil {
				b.Fatal(err)
			}
			mem := &again{}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				key := benchKey(i%benchWriters, i%100)
				if _, _, _, err := s.State(key, mem).Get("candidate"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkBody is described at BenchmarkGet.
func BenchmarkBody(b *testing.B) {
	for _, durability := range []protocols.Durability{protocols.Unsynced, protocols.Volatile} {
		b.Run(string(durability), func(b *testing.B) {
			s := benchStore(b, durability)
			if err := applyAll(s.Apply, 1000); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if _, found, err := s.State(benchKey(i%benchWriters, i%100), protocols.Heap{}).Body("new"); found || err != nil {
					b.Fatal(found, err)
				}
			}
		})
	}
}

// again is memory that lends one buffer again and again.
type again struct{ buffer []byte }

func (a *again) Bytes(n int) []byte {
	if n > len(a.buffer) {
		a.buffer = make([]byte, n)
	}
	return a.buffer[:n]
}

func benchStore(b *testing.B, durability protocols.Durability) *Store {
	s, err := Open(Options{Dir: b.TempDir(), Durability: durability})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(benchBytes)
	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})
	return s
}

const benchWriters = 8

// benchKey is one of the keys of a writer: no two writers share one.
func benchKey(writer, i int) protocols.Key {
	return protocols.Key(fmt.Sprint(i*benchWriters + writer))
}

// applyAll applies n requests by 8 writers, each to 125 keys of its own.
func applyAll(apply func(protocols.Key, []protocols.Record) error, n int) error {
	var next atomic.Int64
	var writers errgroup.Group
	for w := range benchWriters {
		writers.Go(func() error {
			random := rand.New(rand.NewPCG(1, uint64(w)))
			payload := make([]byte, benchBytes)
			for i := range payload {
				payload[i] = byte(random.Uint32())
			}
			records := []protocols.Record{
				{Name: "candidate", Body: payload[:200], Payload: payload}, {Name: "last", Body: payload[:40]},
			}
			for next.Add(1) <= int64(n) {
				if err := apply(benchKey(w, random.IntN(125)), records); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return writers.Wait()
}
