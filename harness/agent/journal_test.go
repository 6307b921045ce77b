package agent

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/powbench/powbench/harness/clock"
	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/mpowerstore"
	"github.com/powbench/powbench/workloads"
)

// victimVariable holds the configuration of the agent that a child of the tests is, to be killed.
const victimVariable = "POWBENCH_TEST_VICTIM"

func TestMain(m *testing.M) {
	if cfg := os.Getenv(victimVariable); cfg != "" {
		victim(cfg)
	}
	os.Exit(m.Run())
}

// victim writes until it is killed.
func victim(text string) {
	var cfg Config
	if err := json.Unmarshal([]byte(text), &cfg); err != nil {
		panic(err)
	}
	a, err := Start(context.Background(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		panic(err)
	}
	spec := faultySpec(patience)
	spec.WriteShare = 0.9
	_, err = a.Load(context.Background(), spec)
	panic(err)
}

// kill starts a victim, waits until its journal has grown by some operations and kills it in the midst of others.
func (b *bench) kill(cfg Config) {
	b.t.Helper()
	text, err := json.Marshal(cfg)
	if err != nil {
		b.t.Fatal(err)
	}
	before := journalSize(cfg.Journal)
	victim := exec.CommandContext(b.soon(), os.Args[0])
	victim.Env = append(os.Environ(), victimVariable+"="+string(text))
	if err := victim.Start(); err != nil {
		b.t.Fatal(err)
	}
	for ctx := b.soon(); journalSize(cfg.Journal) < before+20_000; time.Sleep(time.Millisecond) {
		if ctx.Err() != nil {
			b.t.Error("the journal does not grow")
			break
		}
	}
	_ = victim.Process.Kill()
	_ = victim.Wait()
}

func journalSize(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// What clients began is known after SIGKILL: together with the journals of agents that were killed a history is
// linearizable, and without them it has values that nobody wrote. An agent that comes back, even with its process ids,
// which one should not do (D5), does not use the names of operations again.
func TestJournalSurvivesKill(t *testing.T) {
	each(t, journalSurvivesKill)
}

func journalSurvivesKill(t *testing.T, p protocols.Protocol) {
	t.Helper()
	b := newServers(t, p, 1, "", 0)
	path := filepath.Join(t.TempDir(), "journal")
	cfg := b.config(func(c *Config) { small(c); c.Journal, c.FirstPID = path, 1000 })
	b.kill(cfg)
	cfg.FirstPID = 2000
	b.kill(cfg)
	b.agents = []*Agent{b.start(func(c *Config) { small(c); c.Journal = path })}
	b.readBack()

	entries, err := ReadJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	pending, written, lives := 0, map[workloads.ID]bool{}, map[uint64]bool{}
	for _, e := range entries {
		lives[e.Client/1000] = true
		if e.Outcome == history.Pending {
			pending++
		}
		if e.Op == protocols.Write {
			written[e.Value] = true
		}
	}
	if len(lives) != 3 || pending > 2*clients {
		t.Errorf("%d operations of the agents %v, %d pending; want 3 agents, at most %d pending",
			len(entries), lives, pending, 2*clients)
	}
	if r := history.Check(entries); r.Code != result.Linearizable {
		t.Errorf("history: %+v", r)
	}
	saved := b.history()
	for _, e := range saved {
		if !written[e.Value] && !e.Bottom {
			t.Errorf("a value that no journal has: %+v", e)
		}
	}
	if r := history.Check(saved); r.Code != result.Violation {
		t.Errorf("history without the journals: %+v", r)
	}
}

// An agent that continues a journal continues the numbers of the operations in it.
func TestJournalIsContinued(t *testing.T) {
	b := newServers(t, mpowerstore.Protocol{}, 1, "", 0)
	path := filepath.Join(t.TempDir(), "journal")
	for range 2 {
		a := b.start(func(c *Config) { small(c); c.Clients, c.Journal = 1, path })
		if f, err := a.Each(b.soon(), EachSpec{Op: protocols.Write, To: 3, Stride: 1}); err != nil || f.Errors() > 0 {
			t.Fatalf("%+v, %v", f, err)
		}
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
	}
	entries, err := ReadJournal(path)
	if err != nil || len(entries) != 6 {
		t.Fatalf("%d operations, %v", len(entries), err)
	}
	for i, e := range entries {
		if e.Seq != uint64(i)+1 || e.Outcome != history.OK || e.Timestamp.IsZero() || e.Client != 1 {
			t.Errorf("operation %d: %+v", i+1, e)
		}
	}
}

func TestReadJournal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	if _, err := ReadJournal(path); !os.IsNotExist(err) {
		t.Errorf("of none: %v", err)
	}
	j, _, err := openJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	log := history.NewLog(7)
	value := workloads.ID{Client: 7, Seq: 1}
	write := log.Begin(history.Entry{Seq: 1, Key: "k", Op: protocols.Write, Start: 1, Value: value})
	read := log.Begin(history.Entry{Seq: 2, Key: "k", Op: protocols.Read, Start: 2})
	for _, e := range []*history.Entry{write, read} {
		if err := j.record(journalLine{Operation: e}); err != nil {
			t.Fatal(err)
		}
	}
	for _, num := range []uint64{4, 5} {
		if err := j.record(journalLine{Issued: &issuedTimestamp{"k", num}}); err != nil {
			t.Fatal(err)
		}
	}
	read.Complete(clock.Now(), protocols.Timestamp{Num: 1 << 60, PID: 7})
	read.Value = history.Corrupt
	if err := j.record(journalLine{Operation: read}); err != nil {
		t.Fatal(err)
	}
	want := []history.Entry{*write, *read}
	for range 2 { // also behind a line that was cut off
		got, err := ReadJournal(path)
		if err != nil || len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
			t.Errorf("%+v, %v; want %+v", got, err, want)
		}
		if _, err := j.file.WriteString(`{"Operation":{"Client":7,"Se`); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.close(); err != nil {
		t.Fatal(err)
	}
	again, held, err := openJournal(path)
	if err != nil || len(held.operations) != 2 || held.issued["k"] != 5 {
		t.Fatalf("%+v, %v", held, err)
	}
	defer func() { _ = again.close() }()
	for _, junk := range []string{"junk\n", "{}\n"} {
		if _, err := again.file.WriteString(junk); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadJournal(path); err == nil || !strings.Contains(err.Error(), path+":6: not a journal's line") {
			t.Errorf("%q: %v", junk, err)
		}
		if err := again.file.Truncate(held.size); err != nil {
			t.Fatal(err)
		}
	}
}

// Nothing is sent that could not be recorded.
func TestJournalFails(t *testing.T) {
	b := newServers(t, mpowerstore.Protocol{}, 1, "", 0)
	a := b.start(func(c *Config) { small(c); c.Journal = filepath.Join(t.TempDir(), "journal") })
	if err := a.journal.close(); err != nil {
		t.Fatal(err)
	}
	f, err := a.Each(b.soon(), EachSpec{Op: protocols.Write, To: 1, Stride: 1})
	if err != nil || f.Failed != 1 || !strings.Contains(f.FirstError, "nothing was sent") {
		t.Errorf("%+v, %v", f, err)
	}
	if sent := a.links.Traffic().Sent.Bytes; sent > 4<<10 {
		t.Errorf("%d bytes sent", sent)
	}
}
