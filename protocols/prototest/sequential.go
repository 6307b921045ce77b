package prototest

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/powbench/powbench/protocols"
)

// CheckSequential plays operations of one register one after the other, with other servers silent each time and some
// WRITEs that die on the way, and compares what READs return with what a register may. Rapid shrinks what fails.
func CheckSequential(t *testing.T, p protocols.Protocol) {
	t.Helper()
	rapid.Check(t, func(t *rapid.T) {
		faults := rapid.IntRange(1, 2).Draw(t, "t")
		m := &sequence{Cluster: New(t, p, faults, "modern", rapid.Uint64().Draw(t, "seed")), current: bottom}
		m.writers = []*Client{m.Client(1, protocols.Writer)}
		if p.Traits(1).Writers == protocols.Many {
			m.writers = append(m.writers, m.Client(2, protocols.Writer))
		}
		m.reader = m.Client(3, protocols.Reader)
		for range rapid.IntRange(1, 12).Draw(t, "operations") {
			switch rapid.SampledFrom([]string{"read", "write", "interrupt"}).Draw(t, "operation") {
			case "read":
				m.read(t)
			case "write":
				m.write(t)
			case "interrupt":
				m.interrupt(t)
			}
		}
	})
}

// bottom stands for ⊥ among the values.
const bottom = "⊥"

// sequence is a register and what it may hold: the current value, and, from now on, that of any WRITE that died.
type sequence struct {
	*Cluster
	writers []*Client
	reader  *Client
	current string
	dead    []string
	values  int
}

func (m *sequence) begin(t *rapid.T) (*Run, string) {
	m.values++
	value := fmt.Sprintf("value %d", m.values)
	return rapid.SampledFrom(m.writers).Draw(t, "writer").Write("k", []byte(value)), value
}

// finish plays the run while up to t servers are silent. They hear of it later, or never.
func (m *sequence) finish(t *rapid.T, run *Run) protocols.Result {
	order := rapid.Permutation(m.all()).Draw(t, "servers")
	m.Hold(Of(order[:rapid.IntRange(0, m.Faults).Draw(t, "silent")]...))
	m.Run()
	if run.Done() && rapid.Bool().Draw(t, "lost") {
		m.Lose(run.Is)
	}
	if m.Release(); !run.Done() { // it needs those that were silent
		return m.Finish(run)
	}
	result, err := run.Result()
	if err != nil {
		m.Fatalf("%s of p%d: %v", run.Kind, run.Client, err)
	}
	return result
}

func (m *sequence) all() (servers []int) {
	for i := range m.Servers {
		servers = append(servers, i)
	}
	return servers
}

func (m *sequence) write(t *rapid.T) {
	run, value := m.begin(t)
	m.finish(t, run)
	m.current = value
}

// interrupt is a WRITE that dies in its last round, when the requests have reached some of the servers only.
func (m *sequence) interrupt(t *rapid.T) {
	run, value := m.begin(t)
	order := rapid.Permutation(m.all()).Draw(t, "servers")
	reached := order[:rapid.IntRange(0, len(order)).Draw(t, "reached")]
	m.die(run, len(m.protocol.Traits(m.Faults).Write), reached...)
	m.dead = append(m.dead, value)
}

func (m *sequence) read(t *rapid.T) {
	result := m.finish(t, m.reader.Read("k"))
	got := string(result.Value)
	if result.Bottom {
		got = bottom
	}
	if i := slices.Index(m.dead, got); i >= 0 { // which so took effect
		m.dead = slices.Delete(m.dead, i, i+1)
		m.current = got
	}
	if got != m.current {
		m.Fatalf("READ returned %q, want %q, or one of %q", got, m.current, m.dead)
	}
}
