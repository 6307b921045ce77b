package harness

import (
	"fmt"
	"io"
	"time"

	"github.com/powbench/powbench/harness/result"
)

// progress tells a person what runs, which of how many, and how long it will take: one plain line at a time.
type progress struct {
	out      io.Writer
	name     string        // of the experiment
	total    int           // runs and searches
	finished int           // of them, those before this start included
	expected time.Duration // for all that was left at the start
	started  time.Time
	todo     int // what was left at the start
	current  string
}

// begin says that the next run or search starts.
func (p *progress) begin(what string) {
	p.current = what
}

// measured reports a point.
func (p *progress) measured(point result.Point) {
	text := fmt.Sprintf("%.1f MB/s, %.1f ms", point.ThroughputMBps, point.LatencyMs.Mean)
	if point.Shaped {
		text += fmt.Sprintf(", %.0f %% of the network's bound", 100*point.BoundRatio)
	}
	if !point.Valid {
		text += " — INVALID: " + point.InvalidReason
	}
	p.end(text)
}

// searched reports what a search has found.
func (p *progress) searched(s result.Search) {
	text := fmt.Sprintf("%d clients saturate it", s.Chosen)
	if !s.Saturated {
		text = fmt.Sprintf("not saturated by %d clients", s.Chosen)
	}
	p.end(text)
}

func (p *progress) end(text string) {
	p.finished++
	fmt.Fprintf(p.out, "%s [%d/%d] %s: %s (%s left)\n", p.name, p.finished, p.total, p.current, text, p.left())
}

// left is the expected time left, from the time that what is done has taken.
func (p *progress) left() time.Duration {
	done := p.todo - (p.total - p.finished)
	if done <= 0 {
		return p.expected.Round(time.Second)
	}
	each := time.Since(p.started) / time.Duration(done)
	return (each * time.Duration(p.total-p.finished)).Round(time.Second)
}

// note is a line that counts for nothing.
func (p *progress) note(text string) { fmt.Fprintf(p.out, "%s: %s\n", p.name, text) }
