package harness

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What is damaged lies in the middle of what the fullest file holds, not of the room that was set aside for it.
func TestDamageLargest(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	content := append(bytes.Repeat([]byte{7}, 4000), make([]byte, 1<<16)...)
	files := map[string][]byte{
		"roomy": make([]byte, 1<<20), "small": []byte("small"), "sub/log": content,
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := damageLargest(dir); err != nil {
		t.Fatal(err)
	}
	for name, before := range files {
		after, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if name != "sub/log" {
			if !bytes.Equal(after, before) {
				t.Errorf("%s was damaged", name)
			}
			continue
		}
		want := bytes.Clone(before)
		for i := 2000; i < 2000+damagedBytes; i++ {
			want[i] ^= 0x55
		}
		if !bytes.Equal(after, want) {
			t.Errorf("%s is not damaged from 2000 to %d", name, 2000+damagedBytes)
		}
	}
	if err := damageLargest(t.TempDir()); err == nil || !strings.Contains(err.Error(), "no file to damage") {
		t.Errorf("error %v", err)
	}
}

// Those that follow a writer that died are other processes that remember; against D5 they are not, or do not.
func TestMortal(t *testing.T) {
	for _, c := range []struct {
		attack, protocol     string
		samePID, sameJournal bool
	}{
		{"W1", "mpowerstore", false, true},
		{"W1", "powerstore", false, true},
		{"W3", "mpowerstore", true, true},
		{"W3", "powerstore", false, false},
	} {
		tr := onLoopback(t, c.attack, c.protocol)
		tr.cluster = &cluster{spec: clusterSpec{protocol: tr.protocol}, hosts: tr.hosts}
		first, second := tr.mortal(0), tr.mortal(1)
		if (first.FirstPID == second.FirstPID) != c.samePID || (first.Journal == second.Journal) != c.sameJournal {
			t.Errorf("%s on %s: process ids from %d and %d, journals %s and %s", c.attack, c.protocol,
				first.FirstPID, second.FirstPID, first.Journal, second.Journal)
		}
		if len(tr.journals) == 0 || first.FirstPID <= attackClients {
			t.Errorf("%s on %s: journals %v, first process id %d", c.attack, c.protocol, tr.journals, first.FirstPID)
		}
	}
}
