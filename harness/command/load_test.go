package command

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// Whatever configs/ has can be measured and shown, in full and as its quick section.
func TestConfigsCanBeShown(t *testing.T) {
	files, err := filepath.Glob("../../configs/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	loaded := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(data, []byte("\nexperiment: ")) {
			continue
		}
		for _, quick := range []bool{false, true} {
			if quick && !bytes.Contains(data, []byte("\nquick:")) {
				continue
			}
			loaded++
			if _, err := loadAll([]string{file}, quick); err != nil {
				t.Errorf("quick %v: %v", quick, err)
			}
		}
	}
	if loaded == 0 {
		t.Fatal("no experiments in configs/")
	}
}
