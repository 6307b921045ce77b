package study

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"
)

// On a terminal one line is written over, no wider than the terminal; what is notable, notes and the end stay above it.
func TestOnATerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const width = 40
		out := new(bytes.Buffer)
		p := &progress{
			out: out, columns: func() int { return width }, name: "fig2b", every: 3, total: 4, ahead: 4, started: time.Now(),
		}
		end := func(task, text string, notable bool) {
			time.Sleep(time.Second)
			p.end(task, text, 1, notable)
		}
		end("one", "fine", false)
		end("two", "INVALID", true)
		end("three", strings.Repeat("é", width), false)
		p.note("a word")
		end("four", "fine", false)
		want := "\rfig2b [1/4] one: fine (3s left)\x1b[K" +
			"\r\x1b[Kfig2b [2/4] two: INVALID (2s left)\n" +
			"\rfig2b [3/4] three: " + strings.Repeat("é", width-1-20) + "…\x1b[K" +
			"\r\x1b[Kfig2b: a word\n" +
			"fig2b [4/4] four: fine (0s left)\n"
		if got := out.String(); got != want {
			t.Errorf("wrote %q, want %q", got, want)
		}
		for line := range strings.Lines(out.String()) {
			for part := range strings.SplitSeq(line, toStart) {
				if n := utf8.RuneCountInString(strings.TrimSuffix(strings.TrimSpace(part), erase)); n >= width {
					t.Errorf("%d columns in %q", n, part)
				}
			}
		}
	})
}

// A file is no terminal.
func TestTerminalOfAFile(t *testing.T) {
	file, err := os.Create(t.TempDir() + "/log")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if terminal(file) != nil || terminal(new(bytes.Buffer)) != nil {
		t.Error("a file is taken for a terminal")
	}
}
