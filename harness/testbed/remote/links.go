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

// Calibrate implements testbed.Testbed: it measures every machine's link against the first server's, and that against all others.
func (c *cluster) Calibrate(ctx context.Context, note func(string)) (n testbed.Network, err error) {
	note("measuring every link")
	names := c.hosts.all()
	if len(names) < 2 {
		return n, c.readClocks()
	}
	first := c.hosts.Servers[0]
	others := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return name == first })
	for _, name := range append([]string{first}, others...) {
		peers := []string{first}
		if name == first {
			peers = others
		}
		link, err := c.measure(ctx, name, peers)
		if err != nil {
			return n, fmt.Errorf("link of %s: %w", name, err)
		}
		note(fmt.Sprintf("link of %s: %.0f Mbit/s up, %.0f down, round trip %.0f µs", name, link.UpMbps, link.DownMbps, link.RTTUsP50))
		n.Links = append(n.Links, link)
	}
	return n, c.readClocks()
}

// How links are measured.
const (
	flows       = 4 // connections in all
	pings       = 500
	rampUp      = 400 * time.Millisecond
	measureTime = time.Second
	overlap     = 500 * time.Millisecond // longer than others measure is how long a link is filled: they may begin late
)

// measure measures one machine's link.
func (c *cluster) measure(ctx context.Context, name string, peers []string) (l result.Link, err error) {
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
	sum := int64(0)
	for _, t := range trips {
		sum += t
	}
	w := window{int64(rampUp), int64(measureTime)}
	up := make([]float64, len(peers))
	var filling errgroup.Group
	var down flowed
	filling.Go(func() (err error) {
		longer := window{w.RampNs, w.LengthNs + int64(overlap)} // so that it is full to the others' end
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
		Host: name, Peer: strings.Join(peers, " "), DownMbps: down.Down / 1e6, MeasuredFor: measureTime.Seconds(), Attempts: 1,
		RTTUsMean: float64(sum) / float64(len(trips)) / 1e3, RTTUsP50: float64(trips[len(trips)/2]) / 1e3,
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
