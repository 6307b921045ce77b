package agent

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/powbench/powbench/harness/clock"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/transport"
)

// backgroundPause is how long the background writer waits before it looks again whether it may write.
const backgroundPause = time.Millisecond

// Background counts the work of the writer beside a load. Its operations are in the history, but in no other number.
type Background struct {
	Ops   int64          // completed from start to drain
	Bytes result.Traffic // on its links, in the same time
}

// A background is a client that writes beside a load. It has links of its own, so that its bytes can be told apart.
type background struct {
	links   *transport.Links
	writer  *loadClient
	counted result.Traffic // bytes that have been reported already
}

// writeBeside has the background writer write during a load, as seldom as its share of all bytes demands.
func (a *Agent) writeBeside(ctx context.Context, w *window) (report Background, err error) {
	if a.background == nil {
		links, err := a.connect(ctx)
		if err != nil {
			return report, fmt.Errorf("background writer: %w", err)
		}
		a.background = &background{links: links, writer: a.newClient(links, a.cfg.Clients)}
	}
	b := a.background
	before, _ := moved(a.links)
	keys := w.keys(b.writer.number())
	err = clock.SleepUntil(ctx, w.StartNs)
	for err == nil && clock.Now() < w.until() {
		load, _ := moved(a.links)
		own, _ := moved(b.links)
		if !a.mayWrite(w.Spec, load.Since(before).Sum(), own.Since(b.counted).Sum()) {
			err = clock.SleepUntil(ctx, min(clock.Now()+int64(backgroundPause), w.until()))
		} else {
			_, key := a.toWrite(b.writer, keys(), w.Keys)
			if _, err = a.write(ctx, b.writer, key); err == nil {
				report.Ops++
			}
		}
	}
	err = errors.Join(err, b.links.Quiesce(ctx))
	now, _ := moved(b.links)
	report.Bytes, b.counted = now.Since(b.counted), now
	return report, err
}

// mayWrite tells whether one more WRITE keeps the background writer within its share, when the load of this agent, the
// first, has moved so many bytes and the writer own. The other agents' clients are taken to have moved as much each.
func (a *Agent) mayWrite(spec Spec, moved, own int64) bool {
	here := (spec.Clients + a.cfg.Agents - 1) / a.cfg.Agents // of the clients
	all := float64(moved) * float64(spec.Clients) / float64(here)
	cost := a.is.Cost(protocols.Write)
	after := float64(own) + (cost.ClientToServers+cost.ServersToClient)*float64(a.cfg.ValueBytes)
	return after <= spec.BackgroundShare*(all+after)
}

// moved counts what the links have sent and received so far.
func moved(links *transport.Links) (bytes, messages result.Traffic) {
	t := links.Traffic()
	return traffic(t.Sent.Bytes, t.Received.Bytes), traffic(t.Sent.Messages, t.Received.Messages)
}

func traffic(sent, received uint64) result.Traffic {
	return result.Traffic{ClientToServer: int64(sent), ServerToClient: int64(received)}
}
