package study

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/sys/unix"
)

// progress tells a person what was done, of how much, and how long the rest will take. On a terminal that is one line, which is
// written over: above it stays what a person should see. Elsewhere, such as in a file, it is one plain line after the other.
type progress struct {
	out      io.Writer
	columns  func() int    // of the terminal; nil if out is none
	name     string        // of the study
	every    int           // how many tasks a plain line is for
	total    int           // tasks
	finished int           // of them, those before this start included
	expected time.Duration // for all that was left at the start
	started  time.Time
	ahead    float64 // the weights of what is left
	behind   float64 // and of what was done since the start
	showing  bool    // a line that is to be written over
}

// newProgress tells of the study on out.
func newProgress(out io.Writer, name string, every int) *progress {
	return &progress{out: out, columns: terminal(out), name: name, every: max(1, every)}
}

// terminal is the width of the terminal that out is, if it is one that can write over a line: at each call, as it may change.
func terminal(out io.Writer) func() int {
	file, isFile := out.(*os.File)
	if !isFile || os.Getenv("TERM") == "dumb" {
		return nil
	}
	if _, err := unix.IoctlGetWinsize(int(file.Fd()), unix.TIOCGWINSZ); err != nil {
		return nil
	}
	return func() int {
		const usual = 80
		size, err := unix.IoctlGetWinsize(int(file.Fd()), unix.TIOCGWINSZ)
		if err != nil || size.Col == 0 {
			return usual
		}
		return int(size.Col)
	}
}

// end reports a task that is done. What is notable stays on a terminal.
func (p *progress) end(task, text string, weight float64, notable bool) {
	p.ahead, p.behind = p.ahead-weight, p.behind+weight
	p.finished++
	last := p.finished == p.total
	if p.columns == nil && p.finished%p.every != 0 && !last {
		return
	}
	if text != "" {
		text = ": " + text
	}
	line := fmt.Sprintf("%s [%d/%d] %s%s (%s left)", p.name, p.finished, p.total, task, text, p.left())
	if p.columns == nil || notable || last {
		p.say(line)
		return
	}
	p.show(line)
}

// left is the expected time left: what was expected of it, at the pace of what is done.
func (p *progress) left() time.Duration {
	switch {
	case p.finished == p.total:
		return 0
	case p.behind <= 0:
		return p.expected.Round(time.Second)
	}
	return time.Duration(max(0, p.ahead) / p.behind * float64(time.Since(p.started))).Round(time.Second)
}

// note is a line that counts for nothing.
func (p *progress) note(text string) { p.say(p.name + ": " + text) }

// The terminal's control sequences (ECMA-48).
const (
	toStart = "\r"
	erase   = "\x1b[K" // to the end of the line
)

// say writes a line that stays.
func (p *progress) say(line string) {
	p.clear()
	fmt.Fprintln(p.out, line)
}

// show writes a line that the next one is written over. It is cut to the terminal's width: what wraps could not be.
func (p *progress) show(line string) {
	line, _, _ = strings.Cut(line, "\n")
	if room := p.columns() - 1; utf8.RuneCountInString(line) > room {
		line = string([]rune(line)[:max(0, room-1)]) + "…"
	}
	fmt.Fprint(p.out, toStart+line+erase)
	p.showing = true
}

// clear takes away what is written over.
func (p *progress) clear() {
	if p.showing {
		fmt.Fprint(p.out, toStart+erase)
		p.showing = false
	}
}
