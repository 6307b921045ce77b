package storage

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"github.com/powbench/powbench/protocols"
)

// flips is how many bits of each file are flipped, one at a time.
var flips = flag.Int("flips", 24, "bits of each file that TestFlippedBits flips")

// TestFlippedBits flips a bit of any file of a closed store: it is refused, or what is read is right or an error, and what was deleted
// stays so.
func TestFlippedBits(t *testing.T) {
	o := Options{Dir: "store", MemTableBytes: smallMemTable}
	image, want, gone := closedStore(t, o)
	names, err := image.List(o.Dir)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	outcomes := map[string]map[string]int{} // of files by their kind
	for seed, name := range names {
		info, err := image.Stat(path.Join(o.Dir, name))
		if err != nil {
			t.Fatal(err)
		}
		random := rand.New(rand.NewPCG(uint64(seed), 0))
		for range min(*flips, 8*int(info.Size())) {
			bit := random.IntN(8 * int(info.Size()))
			files := whole(image)
			data, err := files.UnsafeGetFileDataBuffer(path.Join(o.Dir, name))
			if err != nil {
				t.Fatal(err)
			}
			data[bit/8] ^= 1 << (bit % 8)
			kind := strings.TrimLeft(name, "0123456789")
			if outcomes[kind] == nil {
				outcomes[kind] = map[string]int{}
			}
			outcomes[kind][serve(t, fmt.Sprintf("bit %d of %s", bit, name), o, files, want, gone)]++
		}
	}
	t.Logf("%v", outcomes)
	for _, kind := range []string{".log", ".sst", ".blob", sealFile} {
		if outcomes[kind]["refused"]+outcomes[kind]["error"] == 0 {
			t.Errorf("no damage of a file %s was found: %v", kind, outcomes)
		}
	}
}

// closedStore is a store with tables of two levels, blob files and a log, what it holds, and names that it held.
func closedStore(t *testing.T, o Options) (files *vfs.MemFS, want model, gone []string) {
	t.Helper()
	files, want = vfs.NewCrashableMem(), model{}
	s := mustOpen(t, o, files)
	random := rand.New(rand.NewPCG(0, 0))
	put := func(key protocols.Key, records ...protocols.Record) {
		mustApply(t, s, key, records...)
		want.put(key, records)
	}
	for version := range 60 {
		for k := range 3 {
			key, payload := protocols.Key(fmt.Sprint("key ", k)), make([]byte, random.IntN(12<<10))
			for i := range payload {
				payload[i] = byte(random.Uint32())
			}
			body := fmt.Append(nil, version)
			put(key, protocols.Record{Name: "value", Body: body, Payload: payload},
				protocols.Record{Name: fmt.Sprint("history ", version), Body: body, Payload: payload[:len(payload)/2]})
			if version > 20 {
				put(key, protocols.Record{Name: fmt.Sprint("history ", version-20), Delete: true})
			}
		}
		switch version {
		case 20:
			if err := pebbleOf(s).Compact(t.Context(), nil, []byte{0xff}, false); err != nil {
				t.Fatal(err)
			}
		case 50:
			if err := pebbleOf(s).Flush(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for version := 1; version < 40; version++ {
		gone = append(gone, fmt.Sprint("history ", version))
	}
	return files, want, gone
}

// serve opens a store and reads all of it. It returns "refused", "error" or "right"; anything else ends the test.
func serve(t *testing.T, where string, o Options, files vfs.FS, want model, gone []string) (outcome string) {
	t.Helper()
	check := func(err error) {
		if !strings.Contains(err.Error(), "storage in store: ") || strings.Contains(err.Error(), "\n") {
			t.Fatalf("%s: an error without a place, or of several lines: %v", where, err)
		}
	}
	o.Files = files
	s, err := Open(o)
	if err != nil {
		check(err)
		return "refused"
	}
	defer s.Close() // it may find damage, too
	outcome = "right"
	for key, records := range want {
		state := s.State(key, protocols.Heap{})
		for name, r := range records {
			body, payload, found, err := state.Get(name)
			switch {
			case err != nil:
				check(err)
				outcome = "error"
			case !found || !bytes.Equal(body, r.Body) || !bytes.Equal(payload, r.Payload):
				t.Fatalf("%s: %q of %q: found %v, body %q and %d bytes that were never stored", where, name, key, found, body, len(payload))
			}
		}
		for _, name := range gone {
			if _, found, err := state.Body(name); err != nil {
				check(err)
				outcome = "error"
			} else if found {
				t.Fatalf("%s: %q of %q was deleted, and is found", where, name, key)
			}
		}
	}
	return outcome
}

// TestFlippedManifest flips bits of the list of files, and of what is noted of it, of a store that crashed and has no seal: it is
// refused, or what is read is right.
func TestFlippedManifest(t *testing.T) {
	o := Options{Dir: "store", MemTableBytes: smallMemTable}
	closed, want, gone := closedStore(t, o)
	open := mustOpen(t, o, closed) // writes a new list
	defer open.Close()
	if err := pebbleOf(open).Flush(); err != nil {
		t.Fatal(err)
	}
	image := closed.CrashClone(vfs.CrashCloneCfg{})
	names, err := image.List(o.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if outcome := serve(t, "nothing", o, whole(image), want, gone); outcome != "right" {
		t.Errorf("without damage: %s", outcome)
	}
	slices.Sort(names)
	is, err := pebble.Peek(o.Dir, image)
	if err != nil {
		t.Fatal(err)
	}
	outcomes := map[string]int{} // of the present list, not of an earlier one
	for seed, name := range names {
		if !strings.Contains(name, manifestPrefix) || strings.HasPrefix(name, "marker") {
			continue
		}
		file := path.Join(o.Dir, name)
		info, err := image.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		random := rand.New(rand.NewPCG(uint64(seed), 0))
		for range 4 * *flips {
			bit := random.IntN(8 * int(info.Size()))
			files := whole(image)
			data, err := files.UnsafeGetFileDataBuffer(file)
			if err != nil {
				t.Fatal(err)
			}
			data[bit/8] ^= 1 << (bit % 8)
			if outcome := serve(t, fmt.Sprintf("bit %d of %s", bit, name), o, files, want, gone); file == is.ManifestFilename {
				outcomes[outcome]++
			}
		}
	}
	if len(outcomes) != 1 || outcomes["refused"] == 0 {
		t.Errorf("%v, want all damage of the list found", outcomes)
	}
}

// Lines that a crash cut off say nothing of the list of files.
func TestSums(t *testing.T) {
	for line, want := range map[string]bool{
		"12 00000000000000ff\n": true, "12 00000000000000ff": false, "12 00000000000000f\n": false, "\n": false,
		"12\n": false, "-1 00000000000000ff\n": false, "12 0000000\x00000000ff\n": false,
	} {
		if size, hash, ok := parseSum(line); ok != want || ok && (size != 12 || hash != 255) {
			t.Errorf("%q: %d, %d, %v", line, size, hash, ok)
		}
	}
}

// TestSeal: a store that was closed is refused if one of its files is another one, longer, shorter or missing, and stays refused; one that
// is as it was is opened, and has no seal from then on.
func TestSeal(t *testing.T) {
	o := Options{Dir: "store", MemTableBytes: smallMemTable}
	image, want, gone := closedStore(t, o)
	manifest := ""
	names, err := image.List(o.Dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasPrefix(name, "MANIFEST-") {
			manifest = path.Join(o.Dir, name)
		}
	}
	for what, damage := range map[string]func(files *vfs.MemFS) error{
		"missing": func(files *vfs.MemFS) error { return files.Remove(manifest) },
		"empty":   func(files *vfs.MemFS) error { return writeFile(manifest, nil, files) },
		"a seal of other files": func(files *vfs.MemFS) error {
			return writeFile(path.Join(o.Dir, sealFile), []byte("a 1 0\n"), files)
		},
	} {
		files := whole(image)
		if err := damage(files); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if outcome := serve(t, what, o, files, want, gone); outcome != "refused" {
				t.Errorf("%s: %s, want it refused", what, outcome)
			}
		}
	}
	files := whole(image)
	s := mustOpen(t, o, files)
	if _, err := files.Stat(path.Join(o.Dir, sealFile)); err == nil {
		t.Error("an open store is sealed: a crash would make it look damaged")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if outcome := serve(t, "nothing", o, files, want, gone); outcome != "right" {
		t.Errorf("without damage: %s", outcome)
	}
}
