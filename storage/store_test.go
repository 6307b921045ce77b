package storage

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"pgregory.net/rapid"

	"github.com/powbench/powbench/protocols"
)

// smallMemTable makes a few dozen records enough for flushes, compactions and blob files.
const smallMemTable = 128 << 10

// awkward keys and names are those that a careless encoding confuses.
var awkward = []string{
	"", "\x00", "\x00\x00", "\x01", "\x01\x00", "a", "a\x00", "a\x01b", "\xff", "\xff\x00",
	strings.Repeat("k", 300),
}

func mustOpen(t rapid.TB, o Options, files vfs.FS) *Store {
	t.Helper()
	o.Files = files
	s, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// pebbleOf is the database below a store on disk.
func pebbleOf(s *Store) *pebble.DB { return s.engine.(*tree).db }

func mustApply(t rapid.TB, s *Store, key protocols.Key, records ...protocols.Record) {
	t.Helper()
	if err := s.Apply(key, records); err != nil {
		t.Fatal(err)
	}
}

// A model is what a store should hold.
type model map[protocols.Key]map[string]protocols.Record

func (m model) put(key protocols.Key, records []protocols.Record) {
	if m[key] == nil {
		m[key] = map[string]protocols.Record{}
	}
	for _, r := range records {
		if m[key][r.Name] = r; r.Delete {
			delete(m[key], r.Name)
		}
	}
}

// check compares one record with the model's.
func (m model) check(t rapid.TB, s *Store, key protocols.Key, name string) {
	t.Helper()
	want, exists := m[key][name]
	state := s.State(key, protocols.Heap{})
	body, payload, found, err := state.Get(name)
	switch {
	case err != nil:
		t.Fatalf("Get(%q, %q): %v", key, name, err)
	case found != exists:
		t.Fatalf("Get(%q, %q): found %v, want %v", key, name, found, exists)
	case !bytes.Equal(body, want.Body):
		t.Fatalf("Get(%q, %q): body %q, want %q", key, name, body, want.Body)
	case !bytes.Equal(payload, want.Payload) || (payload == nil) != (want.Payload == nil):
		t.Fatalf("Get(%q, %q): payload of %d bytes (nil: %v), want %d (nil: %v)",
			key, name, len(payload), payload == nil, len(want.Payload), want.Payload == nil)
	}
	alone, found, err := state.Body(name)
	if err != nil || found != exists || !bytes.Equal(alone, want.Body) {
		t.Fatalf("Body(%q, %q) = %q, %v, %v, want %q, %v", key, name, alone, found, err, want.Body, exists)
	}
}

// checkAll compares all records that there are, and for each key one name that may not exist.
func (m model) checkAll(t rapid.TB, s *Store) {
	t.Helper()
	for i, key := range awkward {
		m.check(t, s, protocols.Key(key), awkward[len(awkward)-1-i])
		for name := range m[protocols.Key(key)] {
			m.check(t, s, protocols.Key(key), name)
		}
	}
}

func drawRecord(t *rapid.T) protocols.Record {
	r := protocols.Record{Name: rapid.SampledFrom(awkward).Draw(t, "name")}
	if r.Delete = rapid.IntRange(0, 3).Draw(t, "delete") == 0; r.Delete {
		return r
	}
	r.Body = rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(t, "body")
	if size := rapid.SampledFrom([]int{-1, 0, 1, 5000, 40_000, 100_000}).Draw(t, "size"); size >= 0 {
		r.Payload = bytes.Repeat([]byte{rapid.Byte().Draw(t, "fill")}, size)
	}
	return r
}

// TestStoreIsAMap runs random requests, restarts and, where the durability allows, power failures against a map.
func TestStoreIsAMap(t *testing.T) {
	for _, durability := range []protocols.Durability{protocols.Fsync, protocols.Volatile} {
		t.Run(string(durability), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) { checkMap(t, durability) })
		})
	}
}

func checkMap(t *rapid.T, durability protocols.Durability) {
	files, o := vfs.NewCrashableMem(), Options{Dir: "store", Durability: durability, MemTableBytes: smallMemTable}
	s, want := mustOpen(t, o, files), model{}
	defer func() { _ = s.Close() }()
	restart := func(t *rapid.T, after *vfs.MemFS) {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		files = after
		s = mustOpen(t, o, files)
		want.checkAll(t, s)
	}
	actions := map[string]func(*rapid.T){
		"apply": func(t *rapid.T) {
			key := protocols.Key(rapid.SampledFrom(awkward).Draw(t, "key"))
			records := rapid.SliceOfN(rapid.Custom(drawRecord), 0, 3).Draw(t, "records")
			mustApply(t, s, key, records...)
			want.put(key, records)
		},
		"read": func(t *rapid.T) {
			key := protocols.Key(rapid.SampledFrom(awkward).Draw(t, "key"))
			want.check(t, s, key, rapid.SampledFrom(awkward).Draw(t, "name"))
		},
	}
	if durability != protocols.Volatile {
		actions["restart"] = func(t *rapid.T) { restart(t, files) }
	}
	if durability == protocols.Fsync {
		actions["power failure"] = func(t *rapid.T) { restart(t, files.CrashClone(vfs.CrashCloneCfg{})) }
	}
	t.Repeat(actions)
	want.checkAll(t, s)
}

// TestEntriesArePrefixFree checks that no two records share an entry, nor does one's name begin another's: in order,
// whatever an entry begins stands right after it.
func TestEntriesArePrefixFree(t *testing.T) {
	texts := slices.Clone(awkward)
	for a := range byte(4) {
		for b := range byte(4) {
			texts = append(texts, string([]byte{a, b}), string([]byte{a, b, 1}))
		}
	}
	slices.Sort(texts)
	texts = slices.Compact(texts)
	var entries [][]byte
	for _, key := range texts {
		for _, name := range texts {
			for part := range byte(2) {
				entries = append(entries, appendEntry(nil, protocols.Key(key), name, part))
			}
		}
	}
	slices.SortFunc(entries, bytes.Compare)
	for i, entry := range entries[1:] {
		if bytes.HasPrefix(entry, entries[i]) {
			t.Errorf("entry %q begins entry %q", entries[i], entry)
		}
	}
}

// counting is memory that knows what was asked of it.
type counting struct{ bytes int }

func (c *counting) Bytes(n int) []byte {
	c.bytes += n
	return make([]byte, n)
}

func TestBodyLeavesThePayload(t *testing.T) {
	for _, durability := range []protocols.Durability{protocols.Fsync, protocols.Volatile} {
		t.Run(string(durability), func(t *testing.T) { checkBody(t, durability) })
	}
}

func checkBody(t *testing.T, durability protocols.Durability) {
	s := mustOpen(t, Options{Durability: durability, Dir: "store"}, vfs.NewMem())
	defer s.Close()
	mustApply(t, s, "k", protocols.Record{Name: "n", Body: []byte("body"), Payload: make([]byte, 1<<20)})
	mem := &counting{}
	if _, _, err := s.State("k", mem).Body("n"); err != nil || mem.bytes > 100 {
		t.Fatalf("Body took %d bytes of memory, error %v; want only the body's", mem.bytes, err)
	}
	if _, _, _, err := s.State("k", mem).Get("n"); err != nil || mem.bytes < 1<<20 {
		t.Fatalf("Get took %d bytes of the request's memory, error %v; want the payload there", mem.bytes, err)
	}
}

// TestLargeRecords checks records up to the largest with a memtable that is smaller by far, over a restart.
func TestLargeRecords(t *testing.T) {
	o, want := Options{Dir: t.TempDir(), Durability: protocols.Unsynced, MemTableBytes: 1 << 20}, model{}
	s := mustOpen(t, o, vfs.Default)
	for _, size := range []int{64 << 10, 500 << 10, 1 << 20, 3 << 20, protocols.MaxValueBytes + 4096} {
		payload := make([]byte, size)
		for i := range payload {
			payload[i] = byte(i * size >> 7)
		}
		records := []protocols.Record{{Name: fmt.Sprint(size), Body: []byte("b"), Payload: payload}, {Name: "last"}}
		mustApply(t, s, "k", records...)
		want.put("k", records)
	}
	for range 2 {
		for name := range want["k"] {
			want.check(t, s, "k", name)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = mustOpen(t, o, vfs.Default)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestPayloadIsDeleted expects that a payload does not outlive its record, be this deleted or replaced by one without.
func TestPayloadIsDeleted(t *testing.T) {
	s := mustOpen(t, Options{Dir: "store"}, vfs.NewMem())
	defer s.Close()
	for _, without := range []protocols.Record{{Name: "n"}, {Name: "n", Delete: true}} {
		mustApply(t, s, "k", protocols.Record{Name: "n", Payload: []byte("payload")})
		mustApply(t, s, "k", without)
		if _, _, err := pebbleOf(s).Get(appendEntry(nil, "k", "n", payloadEntry)); !errors.Is(err, pebble.ErrNotFound) {
			t.Errorf("after %+v the payload's entry is still there (%v)", without, err)
		}
	}
}

func TestApplyTakesCopies(t *testing.T) {
	for _, durability := range []protocols.Durability{protocols.Fsync, protocols.Volatile} {
		t.Run(string(durability), func(t *testing.T) { checkCopies(t, durability) })
	}
}

func checkCopies(t *testing.T, durability protocols.Durability) {
	s := mustOpen(t, Options{Durability: durability, Dir: "store", MemTableBytes: smallMemTable}, vfs.NewMem())
	defer s.Close()
	for _, size := range []int{100, 200_000} { // the second goes past the memtable
		body, payload := []byte("body"), bytes.Repeat([]byte{1}, size)
		want := model{}
		want.put("k", []protocols.Record{{Name: "n", Body: slices.Clone(body), Payload: slices.Clone(payload)}})
		mustApply(t, s, "k", protocols.Record{Name: "n", Body: body, Payload: payload})
		clear(body)
		clear(payload)
		want.check(t, s, "k", "n")
	}
}

func TestMetrics(t *testing.T) {
	s := mustOpen(t, Options{Dir: "store", MemTableBytes: smallMemTable}, vfs.NewMem())
	defer s.Close()
	if m := s.Metrics(); m.WriteAmplification() != 0 {
		t.Errorf("write amplification of an unused store: %v", m.WriteAmplification())
	}
	const records, size = 100, 32 << 10
	for i := range records {
		mustApply(t, s, protocols.Key(fmt.Sprint(i)), protocols.Record{Name: "n", Payload: make([]byte, size)})
	}
	if err := pebbleOf(s).Flush(); err != nil {
		t.Fatal(err)
	}
	m := s.Metrics()
	if m.AppliedBytes != records*size {
		t.Errorf("applied %d bytes, want %d", m.AppliedBytes, records*size)
	}
	for name, got := range map[string]int64{"log": m.LogBytes, "flushed": m.FlushedBytes, "disk": m.DiskBytes} {
		if got < m.AppliedBytes || got > 2*m.AppliedBytes {
			t.Errorf("%s: %d bytes for %d applied", name, got, m.AppliedBytes)
		}
	}
	if m.Flushes < 1 || m.L0Files < 1 || m.Compactions != 0 {
		t.Errorf("%d flushes, %d tables in L0, %d compactions", m.Flushes, m.L0Files, m.Compactions)
	}
	if err := pebbleOf(s).Compact(t.Context(), nil, []byte{0xff}, false); err != nil {
		t.Fatal(err)
	}
	if m := s.Metrics(); m.L0Files != 0 || m.Compactions < 1 {
		t.Errorf("compacted: %d tables in L0, %d compactions", m.L0Files, m.Compactions)
	}
	if wa := m.WriteAmplification(); wa < 2 || wa > 2.5 {
		t.Errorf("write amplification %.2f, want the log and the blob file: 2", wa)
	}
}

func TestStallsAreTimed(t *testing.T) {
	var s stalls
	s.begin()
	_, first := s.sum()
	count, later := s.sum()
	if count != 1 || later <= 0 || later < first {
		t.Errorf("during a stall: %d stalls, %v then %v", count, first, later)
	}
	s.end()
	_, ended := s.sum()
	if _, after := s.sum(); after != ended || ended < later {
		t.Errorf("after a stall: %v, then %v", ended, after)
	}
}
