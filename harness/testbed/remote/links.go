package remote

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/harness/testbed"
)

// Calibrate implements testbed.Testbed: it measures every machine's link against the first server's, and that against all others. If
// packets are to be delayed they are from then on.
func (c *cluster) Calibrate(ctx context.Context, note func(string)) (n testbed.Network, err error) {
	names := c.hosts.all()
	if len(names) < 2 {
		return n, c.readClocks()
	}
	if c.spec.Delays != nil {
		if err := c.undelay(ctx); err != nil { // TCP cannot fill a link whose packets overtake each other
			return n, err
		}
	}
	note("measuring every link")
	first := c.hosts.Servers[0]
	others := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return name == first })
	for _, name := range append([]string{first}, others...) {
		peers, w := []string{first}, windowOf(len(names))
		if name == first {
			peers, w = others, windowTo(len(others))
		}
		link, err := c.measure(ctx, name, peers, w)
		if err != nil {
			return n, fmt.Errorf("link of %s: %w", name, err)
		}
		note(fmt.Sprintf("link of %s: %.0f Mbit/s up, %.0f down, round trip %.0f µs", name, link.UpMbps, link.DownMbps, link.RTTUsP50))
		n.Links = append(n.Links, link)
	}
	if c.spec.Delays != nil {
		note("measuring the round trips between all machines, without NetEm and with it")
		if n.Trips, n.Off, err = c.delay(ctx); err != nil {
			return n, err
		}
	}
	return n, c.readClocks()
}

// How links are measured.
const (
	flows    = 4 // connections in all
	pings    = 500
	longest  = time.Second
	shortest = 100 * time.Millisecond
	allLinks = 10 * time.Second // one after the other, so that no two share what lies between them
)

// windowOf is how long each of so many links is measured: a second, and less where they are many, as a run begins and ends with it.
// They get going for two fifths of that time.
func windowOf(links int) window {
	length := min(longest, max(shortest, allLinks/time.Duration(links)))
	return window{RampNs: int64(length * 2 / 5), LengthNs: int64(length)}
}

// windowTo is how long the link to so many others is measured, at the same time. It takes a while until all connections are there.
func windowTo(peers int) window {
	const each = 20 * time.Millisecond
	return window{RampNs: int64(longest*2/5 + time.Duration(peers)*each), LengthNs: int64(longest)}
}

// measure measures one machine's link.
func (c *cluster) measure(ctx context.Context, name string, peers []string, w window) (l result.Link, err error) {
	m := c.machines[name]
	var addrs []string
	for _, p := range peers {
		peer := c.machines[p]
		addr, err := call(ctx, peer, answerCall, peer.opened.Address.String())
		if err != nil {
			return l, err
		}
		addrs = append(addrs, addr)
	}
	trips, err := call(ctx, m, pingCall, pingSpec{addrs[0], pings})
	if err != nil {
		return l, err
	}
	slices.Sort(trips)
	up := make([]float64, len(peers))
	var filling errgroup.Group
	var down flowed
	filling.Go(func() (err error) {
		longer := window{w.RampNs, w.LengthNs * 3 / 2} // so that it is full to the others' end: they may begin late
		down, err = call(ctx, m, fillCall, fillSpec{addrs, max(1, flows/len(peers)), longer})
		return err
	})
	for i, p := range peers {
		filling.Go(func() (err error) {
			up[i], err = call(ctx, c.machines[p], receiveCall, w)
			return err
		})
	}
	if err := filling.Wait(); err != nil {
		return l, err
	}
	l = result.Link{
		Host: name, Peer: strings.Join(peers, " "), DownMbps: down.Down / 1e6, MeasuredFor: time.Duration(w.LengthNs).Seconds(), Attempts: 1,
		RTTUsMean: mean(trips) / 1e3, RTTUsP50: float64(trips[len(trips)/2]) / 1e3,
		RTTUsP99: float64(trips[len(trips)*99/100]) / 1e3, RTTSamples: len(trips),
	}
	for _, bits := range up {
		l.UpMbps += bits / 1e6
	}
	return l, nil
}

// readClocks reads every machine's clock once more.
func (c *cluster) readClocks() error {
	var wrong []error
	for _, name := range c.hosts.all() {
		wrong = append(wrong, c.machines[name].setClock())
	}
	return errors.Join(wrong...)
}
