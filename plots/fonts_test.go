package plots

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/result"
)

// Fonts in PDFs are embedded, of the letters that occur alone, and are outlines: publishers refuse Type 3.
func TestFontsAreEmbedded(t *testing.T) {
	pdffonts, err := exec.LookPath("pdffonts")
	if err != nil {
		t.Skipf("skipped: %s: no pdffonts: install poppler-utils", t.Name())
	}
	dir := t.TempDir()
	files, err := Draw([]*result.Set{syntheticFigure("2a", 5), syntheticFigure("2b", 5)}, dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	pdfs := 0
	for _, f := range files {
		if filepath.Ext(f) != ".pdf" {
			continue
		}
		pdfs++
		out, err := exec.Command(pdffonts, f).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v: %s", f, err, out)
		}
		fonts := strings.Split(strings.TrimSpace(string(out)), "\n")
		if len(fonts) < 3 { // two lines of heading
			t.Errorf("%s has no font: %s", f, out)
			continue
		}
		for _, font := range fonts[2:] {
			// name, type, encoding, emb, sub, uni and two numbers of the object; the type may be of two words
			fields := strings.Fields(font)
			if len(fields) < 8 {
				t.Fatalf("%s: pdffonts says %q", f, font)
			}
			embedded, subset, unicode := fields[len(fields)-5], fields[len(fields)-4], fields[len(fields)-3]
			if embedded != "yes" || subset != "yes" || unicode != "yes" || strings.Contains(font, "Type 3") {
				t.Errorf("%s: %s", filepath.Base(f), font)
			}
		}
	}
	if pdfs != 2 {
		t.Errorf("%d PDFs of two figures: %v", pdfs, files)
	}
}
