package storage

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/powbench/powbench/protocols"
)

// childVariable makes a run of the test binary the process to be killed: it holds "durability directory seed".
const childVariable = "POWBENCH_STORAGE_TEST_CHILD"

const killWriters = 4

func TestMain(m *testing.M) {
	if task := os.Getenv(childVariable); task != "" {
		if err := writeUntilKilled(task); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if task := os.Getenv(benchVariable); task != "" {
		if err := serveBench(task); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// writeUntilKilled writes ever higher versions of a record per writer and prints "writer version" when one is stored.
func writeUntilKilled(task string) error {
	var o Options
	var seed uint64
	if _, err := fmt.Sscan(task, &o.Durability, &o.Dir, &seed); err != nil {
		return err
	}
	o.MemTableBytes = 1 << 20
	s, err := Open(o)
	if err != nil {
		return err
	}
	failed := make(chan error, killWriters)
	for w := range killWriters {
		go func() {
			random := rand.New(rand.NewPCG(seed, uint64(w)))
			for version := seed << 32; ; version++ {
				if err := s.Apply(writerKey(w), versionRecords(version, random.IntN(100<<10))); err != nil {
					failed <- err
					return
				}
				fmt.Printf("%d %d\n", w, version) // one write(2), so a line is whole
			}
		}()
	}
	return <-failed
}

func writerKey(w int) protocols.Key { return protocols.Key(fmt.Sprint(w)) }

// versionRecords are two records of one version: a request's records are stored together or not at all.
func versionRecords(version uint64, size int) []protocols.Record {
	body := binary.BigEndian.AppendUint64(nil, version)
	return []protocols.Record{
		{Name: "data", Body: body, Payload: bytes.Repeat([]byte{byte(version)}, size)}, {Name: "last", Body: body},
	}
}

// TestKill kills a process that writes, again and again over one directory, and expects all it acknowledged.
func TestKill(t *testing.T) {
	for _, durability := range []protocols.Durability{protocols.Unsynced, protocols.Fsync} {
		t.Run(string(durability), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for seed := range uint64(4) {
				after := 20 + rand.New(rand.NewPCG(seed, 0)).IntN(200)
				acks := runAndKill(t, fmt.Sprintf("%s %s %d", durability, dir, seed), after)
				s := mustOpen(t, Options{Dir: dir, Durability: durability}, vfs.Default)
				for w, version := range acks {
					checkVersion(t, s, w, version, seed)
				}
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// runWhile runs a child, does something once it writes, and kills it.
func runWhile(t *testing.T, task string, do func()) {
	t.Helper()
	run(t, task, func(n int) bool {
		if n == 0 {
			do()
		}
		return true
	})
}

// runAndKill runs a child, kills it after so many acknowledgements, and returns the last of each writer.
func runAndKill(t *testing.T, task string, after int) map[int]uint64 {
	t.Helper()
	return run(t, task, func(n int) bool { return n == after })
}

// run runs a child until kill says so, which is asked after each acknowledgement, and returns the last of each writer.
func run(t *testing.T, task string, kill func(n int) bool) map[int]uint64 {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childVariable+"="+task)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	acks, lines := map[int]uint64{}, bufio.NewScanner(out)
	for n := 0; lines.Scan(); n++ {
		var w int
		var version uint64
		if _, err := fmt.Sscan(lines.Text(), &w, &version); err != nil {
			t.Errorf("the child printed %q: %v", lines.Text(), err)
		}
		acks[w] = version
		if kill(n) {
			_ = child.Process.Kill()
		}
	}
	if err := child.Wait(); child.ProcessState.ExitCode() != -1 { // -1: ended by a signal
		t.Fatalf("the child (%s) was not killed but ended: %v", task, err)
	}
	return acks
}

// errWrong is what a store must never do, and errMissing what it must not do to what was acknowledged.
var errWrong, errMissing = errors.New("what is read was never stored"), errors.New("nothing is found")

// readVersion returns the version of a writer's records. The error is the store's, errMissing, or errWrong for records that are not
// those of one version, whole.
func readVersion(s *Store, w int) (version uint64, err error) {
	state := s.State(writerKey(w), protocols.Heap{})
	body, payload, found, err := state.Get("data")
	if err != nil {
		return 0, err
	}
	last, lastFound, err := state.Body("last")
	if err != nil {
		return 0, err
	}
	switch {
	case found != lastFound || !bytes.Equal(body, last):
		return 0, fmt.Errorf("%w: records of versions %x and %x were stored together", errWrong, body, last)
	case !found:
		return 0, errMissing
	}
	version = binary.BigEndian.Uint64(body)
	if !bytes.Equal(payload, bytes.Repeat([]byte{byte(version)}, len(payload))) {
		return version, fmt.Errorf("%w: the payload is not that of version %x", errWrong, version)
	}
	return version, nil
}

// checkVersion expects a writer's records whole, and of the version or the one that was under way. It returns which.
func checkVersion(t *testing.T, s *Store, w int, version, seed uint64) uint64 {
	t.Helper()
	got, err := readVersion(s, w)
	if err != nil && (version > 0 || !errors.Is(err, errMissing)) {
		t.Fatalf("seed %d, writer %d: version %x was acknowledged, but: %v", seed, w, version, err)
	}
	if got != version && got != version+1 {
		t.Fatalf("seed %d, writer %d: version %x was acknowledged, but %x is stored", seed, w, version, got)
	}
	return got
}
