package attack

import (
	"context"
	"fmt"
	"time"

	"github.com/powbench/powbench/harness/clock"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols/byzantine"
)

// inflict does the faults at their times after the instant from, and notes when.
func (t *trial) inflict(ctx context.Context, from int64, faults []fault) error {
	for _, f := range faults {
		if err := clock.SleepUntil(ctx, from+int64(f.at)); err != nil {
			return err
		}
		t.note(f.String())
		if err := t.do(ctx, f); err != nil {
			return fmt.Errorf("%v: %w", f, err)
		}
	}
	return nil
}

// note adds an event of now.
func (t *trial) note(what string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.events = append(t.events, result.Event{AtMs: float64(clock.Now()-t.start) / 1e6, What: what})
}

func (t *trial) do(ctx context.Context, f fault) error {
	s := t.cluster.Servers[f.server]
	switch f.deed {
	case cut, heal:
		return s.Cut(f.deed == cut)
	case kill:
		return s.Crash()
	case restart:
		return s.Restart(ctx, "")
	case deceive:
		return s.Restart(ctx, lie(t.protocol).ID)
	case reset:
		return s.Reset(ctx)
	case fill:
		t.mustEnd = append(t.mustEnd, f.server)
		return s.Fill(ctx)
	case damage:
		return s.Damage(ctx)
	case refuse:
		t.mustEnd = append(t.mustEnd, f.server)
		if err := s.Open(ctx); err != nil {
			t.note(err.Error())
			return s.Crash() // a server that refuses its database waits to be told so
		}
		return nil // it has until the end to find out
	}
	return fmt.Errorf("unknown deed %q", f.deed)
}

// judgeEnded finds servers that go on although their disk is full or their database damaged.
func (t *trial) judgeEnded() {
	for _, i := range t.mustEnd {
		p := t.cluster.Servers[i]
		select {
		case <-p.Done():
			t.note(fmt.Sprintf("%s has ended: %v", p.Name, p.Wait()))
		case <-time.After(endTimeout):
			t.find(byzantine.Failure, "%s serves on, though it cannot keep what it acknowledges: "+
				"a disk that is full or a damaged file must end it", p.Name)
		}
	}
}

// endTimeout is how long after the load a server may take to find out that it must stop.
const endTimeout = 2 * time.Second
