package harness

import (
	"context"
	"fmt"
	"time"

	"github.com/powbench/powbench/harness/clock"
	"github.com/powbench/powbench/harness/control"
	"github.com/powbench/powbench/harness/node"
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
	c := t.cluster
	switch f.deed {
	case cut:
		return c.serverHost(f.server).SetUp(false)
	case heal:
		return c.serverHost(f.server).SetUp(true)
	case kill:
		return c.killServer(f.server)
	case restart:
		return c.restartServer(ctx, f.server, "")
	case deceive:
		return c.restartServer(ctx, f.server, lie(t.protocol).ID)
	case reset:
		_, err := control.Call(ctx, c.servers[f.server], node.ResetCall, control.Nothing{})
		return err
	case fill:
		c.servers[f.server].LetEnd()
		t.mustEnd = append(t.mustEnd, f.server)
		_, err := control.Call(ctx, c.servers[f.server], node.FillCall, control.Nothing{})
		return err
	case damage:
		p, err := c.launch(f.server)
		if err == nil {
			p.LetEnd()
			_, err = control.Call(ctx, p, node.DamageCall, c.nodes[f.server].Dir)
		}
		return err
	case refuse:
		return t.startDamaged(ctx, f.server)
	}
	return fmt.Errorf("nobody knows how: %q", f.deed)
}

// killServer ends a server's process as a crash does.
func (c *cluster) killServer(i int) error {
	c.servers[i].LetEnd()
	return c.servers[i].Kill()
}

// restartServer starts a server that was killed, on the database that it left, correct or attacking.
func (c *cluster) restartServer(ctx context.Context, i int, attack string) error {
	c.nodes[i].Attack = attack
	return c.startServer(ctx, i)
}

// startDamaged starts a server on a damaged database. If it does not refuse that, it has until the end to find out.
func (t *trial) startDamaged(ctx context.Context, i int) error {
	c := t.cluster
	t.mustEnd = append(t.mustEnd, i)
	if _, err := control.Call(ctx, c.servers[i], node.StartCall, c.nodes[i]); err != nil {
		t.note(err.Error())
		return c.servers[i].Kill() // a server that refuses its database waits to be told so
	}
	return nil
}

// judgeEnded finds servers that go on although their disk is full or their database damaged.
func (t *trial) judgeEnded() {
	for _, i := range t.mustEnd {
		p := t.cluster.servers[i]
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
