package storage

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"

	"github.com/powbench/powbench/protocols"
)

// benchVariable makes a run of the test binary a process of BenchmarkProcesses: it holds "engine durability directory".
const benchVariable = "POWBENCH_STORAGE_BENCH_CHILD"

// BenchmarkProcesses is what the disk and Pebble allow as many server processes as a run of t = 1 has: 8 writers in each of 4
// processes commit batches of a 128 KiB fragment and a small record, to Pebble alone or to a store. An operation is one
// batch at one process. A WRITE of M-PoWerStore of 256 KiB stores one batch at each server, so the throughput of its
// experiment is to be set beside half of the MB/s here. Repeat with, for instance,
//
//	go test -run - -bench Processes -benchtime 8000x -count 6 ./storage
func BenchmarkProcesses(b *testing.B) {
	for _, durability := range []protocols.Durability{protocols.Unsynced, protocols.Fsync} {
		for _, engine := range []string{"pebble", "store"} {
			b.Run(fmt.Sprintf("durability=%s/engine=%s", durability, engine), func(b *testing.B) {
				benchProcesses(b, 4, engine, durability)
			})
		}
	}
}

// benchProcesses starts the processes, and takes the time from when all are ready until the last has applied its part.
func benchProcesses(b *testing.B, processes int, engine string, durability protocols.Durability) {
	children := make([]*benchChild, processes)
	for i := range children {
		children[i] = startBenchChild(b, fmt.Sprintf("%s %s %s", engine, durability, b.TempDir()))
	}
	b.SetBytes(benchBytes)
	b.ResetTimer()
	for i, c := range children {
		c.tell(b, (b.N+i)/processes) // sums up to b.N
	}
	for _, c := range children {
		c.hear(b, "done")
	}
	b.StopTimer()
}

// A benchChild is a process that says when it is ready, takes a number of requests, and says when they are applied.
type benchChild struct {
	in  io.WriteCloser
	out *bufio.Scanner
}

func startBenchChild(b *testing.B, task string) *benchChild {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), benchVariable+"="+task)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		in.Close() // ends a child that still waits for its number
		if err := cmd.Wait(); err != nil {
			b.Errorf("process of the benchmark (%s): %v", task, err)
		}
	})
	c := &benchChild{in: in, out: bufio.NewScanner(out)}
	c.hear(b, "ready")
	return c
}

func (c *benchChild) tell(b *testing.B, n int) {
	if _, err := fmt.Fprintln(c.in, n); err != nil {
		b.Fatal(err)
	}
}

func (c *benchChild) hear(b *testing.B, want string) {
	if !c.out.Scan() || c.out.Text() != want {
		b.Fatalf("a process of the benchmark says %q, want %q", c.out.Text(), want)
	}
}

// serveBench is such a process.
func serveBench(task string) error {
	var engine, dir string
	var o Options
	if _, err := fmt.Sscan(task, &engine, &o.Durability, &dir); err != nil {
		return err
	}
	o.Dir = dir
	s, err := Open(o)
	if err != nil {
		return err
	}
	defer s.Close()
	apply := s.Apply
	if engine == "pebble" {
		p, err := s.Pebble()
		if err != nil {
			return err
		}
		apply = p.Commit
	}
	fmt.Println("ready")
	var n int
	if _, err := fmt.Scan(&n); err != nil {
		return err
	}
	if err := applyAll(apply, n); err != nil {
		return err
	}
	fmt.Println("done")
	return s.Close()
}
