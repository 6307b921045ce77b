package model

import (
	"strings"
	"testing"

	"github.com/powbench/powbench/protocols/catalog"
)

// A WRITE of M-PoWerStore stores a fragment under a new name and then the newest candidate in the old one's place; M-ABD
// and Phalanx replace the value, all of it.
func TestBatches(t *testing.T) {
	const value = 256 << 10
	for name, want := range map[string]struct {
		servers, batches, payload int
		fresh                     bool
	}{
		"mpowerstore": {4, 2, value / 2, true}, "mabd": {3, 1, value, false}, "phalanx": {4, 1, value, false},
	} {
		p, err := catalog.ByName(name)
		if err != nil {
			t.Fatal(err)
		}
		all, err := Batches(Case{Protocol: p, Suite: "modern", T: 1, ValueBytes: value, KeyBytes: 10})
		if err != nil || len(all) != want.servers {
			t.Fatalf("%s: %d servers, %v", name, len(all), err)
		}
		for i, batches := range all {
			payload, fresh := 0, false
			for _, b := range batches {
				for _, r := range b {
					payload += r.Payload
					fresh = fresh || r.New
				}
			}
			if len(batches) != want.batches || payload != want.payload || fresh != want.fresh {
				t.Errorf("%s, server %d: %+v, want %+v", name, i+1, batches, want)
			}
		}
	}
}

// What a WRITE deletes is another WRITE's.
func TestBatchesThatDelete(t *testing.T) {
	p, err := catalog.ByName("mpowerstore+bounded1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Batches(Case{Protocol: p, Suite: "modern", T: 1, ValueBytes: 1000}); err == nil || !strings.Contains(err.Error(), "repeated") {
		t.Errorf("%v", err)
	}
}
