package experiment

import (
	"github.com/goccy/go-yaml/ast"

	"github.com/powbench/powbench/harness/result"
)

// testbed reads the testbed's keys, and refuses those that do not go together. Plain loopback is unlimited by itself.
func testbed(t *Testbed) value {
	return func(n ast.Node) error {
		before := t.Rate
		t.Rate = unsaid
		err := object(t.keys())(n)
		said := t.Rate != unsaid
		if !said {
			t.Rate = before
		}
		regions := len(t.Regions.Names) > 0
		switch loopback := t.Topology == result.Loopback; {
		case err != nil:
			return err
		case loopback && said && t.Rate != result.Unlimited:
			return at(n, "topology: %s has no links to limit: remove rate", result.Loopback)
		case loopback && t.NetEm():
			return at(n, "topology: %s has no links to delay: choose %s or %s", result.Loopback, result.SharedHost, result.Spread)
		case regions && t.Delay != Delay{}:
			return at(n, "delay and regions exclude each other: remove one")
		case regions && t.Topology == result.SharedHost:
			return at(n, "regions need a host for each server: add topology: %s", result.Spread)
		case loopback:
			t.Rate = result.Unlimited
		}
		return nil
	}
}

// unsaid stands for a rate until the file says one.
const unsaid result.Rate = -1

// linkRate reads a rate, or that there is none.
func linkRate(to *result.Rate) value {
	limited := between(to, minRate, maxRate)
	return func(n ast.Node) error {
		if s, err := text(n); err == nil && s == result.UnlimitedName {
			*to = result.Unlimited
			return nil
		}
		return limited(n)
	}
}

// keys are the keys of a testbed.
func (t *Testbed) keys() keys {
	return keys{
		"topology":        oneOf(&t.Topology, result.SharedHost, result.Spread, result.Loopback),
		"client_hosts":    number(&t.ClientHosts, 1, maxClientHosts),
		"rate":            linkRate(&t.Rate),
		"queue":           between(&t.Queue, minQueue, maxQueue),
		"offload":         oneOf(&t.Offload, On, Off),
		"congestion":      oneOf(&t.Congestion, "bbr", "reno", "cubic"),
		"tolerance":       between(&t.Tolerance, result.Percent/10, 100*result.Percent),
		"delay":           delay(&t.Delay),
		"regions":         regions(&t.Regions),
		"delay_tolerance": between(&t.DelayTolerance, result.Percent/10, 100*result.Percent),
	}
}

// keys are the keys of a delay.
func (d *Delay) keys() keys {
	return keys{
		"mean":         between(&d.Mean, minDelay, maxDelay),
		"jitter":       between(&d.Jitter, 0, maxJitter),
		"distribution": oneOf(&d.Distribution, Distributions()...),
		"loss":         between(&d.Loss, 0, 50*result.Percent),
		"reorder":      between(&d.Reorder, 0, 50*result.Percent),
		"limit":        number(&d.Limit, 1, maxLimit),
		"rate":         between(&d.Rate, minRate, maxRate),
	}
}

// noSlowServer stands for a server whose link is as all others.
const noSlowServer = "none"

// slowServer is the rate of the first server's link, or none.
func slowServer(to *result.Rate) value {
	return func(n ast.Node) error {
		if s, err := text(n); err == nil && (s == noSlowServer || s == result.Rate(0).String()) {
			*to = 0
			return nil
		}
		return between(to, minRate, maxRate)(n)
	}
}
