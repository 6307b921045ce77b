package experiment

import (
	"time"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
)

// Limits that a file cannot exceed.
const (
	maxT           = 10
	maxClients     = 4096
	maxRepetitions = 1000
	maxAttempts    = 10
	maxClientHosts = 64
	minValue       = result.LeastValue
	maxValue       = result.Size(protocols.MaxValueBytes)
	minQueue       = 128 * result.KiB // a burst of the shaper
	maxQueue       = 1024 * result.MiB
	minRate        = result.Mbit
	maxRate        = 100 * result.Gbit
	minFrequency   = result.PerSecond / 10
	maxFrequency   = 100_000 * result.PerSecond
	minMeasure     = result.Duration(200 * time.Millisecond)
	maxPhase       = result.Duration(time.Hour)
	maxOperations  = 100_000 // those that end while a window is prolonged are kept in memory
	maxSeed        = 1 << 53 // every reader of JSON keeps as much exactly
	minDelay       = result.Duration(100 * time.Microsecond)
	maxDelay       = result.Duration(10 * time.Second)
	maxJitter      = result.Duration(2 * time.Second) // the kernel keeps it in 31 bits of nanoseconds
	maxLimit       = 1_000_000
	maxRegions     = 16
	maxBackground  = 2 * result.Percent // with more it would no longer be a load of READs
	minSkew        = 0.01
	maxSkew        = 10
	maxItems       = 1_000_000 // all names of keys have the length that the cost model counts with
)
