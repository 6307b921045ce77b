package guest

import (
	"slices"
	"strings"
	"sync"
)

const (
	tailBytes   = 8192 // holds a trace and what led to it
	reasonLines = 6
)

// A tail keeps the last of what is written to it.
type tail struct {
	mu   sync.Mutex
	last []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = append(t.last, p...)
	if cut := len(t.last) - tailBytes; cut > 0 {
		t.last = append(t.last[:0], t.last[cut:]...)
	}
	return len(p), nil
}

// reason is the last lines up to a kernel's panic, without the trace that follows it, or the last of all.
func (t *tail) reason() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := strings.Split(strings.TrimSpace(strings.ReplaceAll(string(t.last), "\r", "")), "\n")
	panicked := slices.IndexFunc(lines, func(l string) bool { return strings.Contains(l, "Kernel panic") })
	if panicked >= 0 {
		lines = lines[:panicked+1]
	}
	return strings.Join(lines[max(0, len(lines)-reasonLines):], "\n")
}
