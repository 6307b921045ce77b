package study

import (
	"fmt"
	"io"
	"time"
)

// progress tells a person what was done, of how much, and how long the rest will take: one plain line at a time.
type progress struct {
	out      io.Writer
	name     string        // of the study
	every    int           // how many tasks a line is for
	total    int           // tasks
	finished int           // of them, those before this start included
	todo     int           // what was left at the start
	expected time.Duration // for all that was left at the start
	started  time.Time
}

// end reports a task that is done.
func (p *progress) end(task, text string) {
	if p.finished++; p.finished%p.every != 0 && p.finished != p.total {
		return
	}
	if text != "" {
		text = ": " + text
	}
	fmt.Fprintf(p.out, "%s [%d/%d] %s%s (%s left)\n", p.name, p.finished, p.total, task, text, p.left())
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
