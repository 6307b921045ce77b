package storage

import (
	"bufio"
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/powbench/powbench/protocols"
)

// BenchmarkApply writes 128 KiB records over 1000 keys with 8 writers. Beside the speed it reports the process's
// peak of resident memory and the write amplification. Repeat with, for instance,
//
//	GOMEMLIMIT=160MiB go test -run - -bench Apply -benchtime 10000x ./storage
func BenchmarkApply(b *testing.B) {
	for _, durability := range []protocols.Durability{protocols.Fsync, protocols.Unsynced} {
		b.Run(string(durability), func(b *testing.B) {
			s, err := Open(Options{Dir: b.TempDir(), Durability: durability})
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(128 << 10)
			var next atomic.Int64
			var writers sync.WaitGroup
			for w := range uint64(8) {
				writers.Go(func() { applyAll(b, s, rand.New(rand.NewPCG(1, w)), &next) })
			}
			writers.Wait()
			b.StopTimer()
			m := s.Metrics()
			b.ReportMetric(float64(residentKiB(b))/1024, "MiB-resident")
			b.ReportMetric(m.WriteAmplification(), "write-amp")
			b.ReportMetric(float64(m.DiskBytes)/1e6, "MB-on-disk")
			b.ReportMetric(m.StallTime.Seconds(), "s-stalled")
			if err := s.Close(); err != nil {
				b.Fatal(err)
			}
		})
	}
}

func applyAll(b *testing.B, s *Store, random *rand.Rand, next *atomic.Int64) {
	payload := make([]byte, 128<<10)
	for i := range payload {
		payload[i] = byte(random.Uint32())
	}
	for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
		key := protocols.Key(fmt.Sprint(random.IntN(1000)))
		records := []protocols.Record{
			{Name: "candidate", Body: payload[:200], Payload: payload}, {Name: "last", Body: payload[:40]},
		}
		if err := s.Apply(key, records); err != nil {
			b.Error(err)
			return
		}
	}
}

// residentKiB is the peak of the process's resident memory.
func residentKiB(b *testing.B) (kib int) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Skip("no /proc here: ", err)
	}
	for lines := bufio.NewScanner(bytes.NewReader(status)); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "VmHWM:"); ok {
			_, _ = fmt.Sscan(rest, &kib)
		}
	}
	return kib
}
