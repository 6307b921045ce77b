package netem

import (
	"context"
	"time"
)

// Probe samples the delay between two hosts while something else runs.
type Probe struct {
	train *train
	asked Delay
	floor time.Duration
	stop  context.CancelFunc
	done  chan error // of the sender
}

// StartProbe sends a packet from one host to the other every so often, until Stop. The hosts should carry no load, so
// that the packets meet no queue but NetEm's. The floor is the median of those that the last MeasureDelays found, or 0.
func (tb *Testbed) StartProbe(from, to *Host, every time.Duration) (*Probe, error) {
	t, err := newTrain(from, to)
	if err != nil {
		return nil, err
	}
	p := &Probe{train: t, floor: time.Duration(tb.floor.Load()), done: make(chan error, 1)}
	if tb.Topology.Delay != nil {
		p.asked = tb.Topology.Delay(from.Name, to.Name).filled()
	}
	ctx, stop := context.WithCancel(context.Background())
	p.stop = stop
	go func() { p.done <- t.sendEvery(ctx, every) }()
	return p, nil
}

// Stop sends no more packets, waits for those under way and returns the delay of all.
func (p *Probe) Stop() (DelayMeasurement, error) {
	p.stop()
	defer p.train.close()
	if err := <-p.done; err != nil {
		return DelayMeasurement{}, err
	}
	time.Sleep(p.asked.Quantile(1) + stragglers)
	if err := p.train.look(); err != nil {
		return DelayMeasurement{}, err
	}
	return p.train.measurement(p.asked, p.floor), nil
}

// sendEvery sends until ctx ends.
func (t *train) sendEvery(ctx context.Context, every time.Duration) error {
	ticks := time.NewTicker(every)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticks.C:
			if err := t.send(); err != nil {
				return err
			}
		}
	}
}
