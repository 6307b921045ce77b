package report

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/powbench/powbench/harness/result"
)

// A link is one host's link as measured before the first run and after the last.
type link struct {
	Host, Peer    string
	Before, After []string // as linkHeads
}

// LinkHeads are what is said of a link, once before and once after.
func (run) LinkHeads() []string {
	return []string{"up Mbit/s", "down Mbit/s", "RTT p50 µs", "RTT p99 µs", "drops", "attempts"}
}

func linksOf(tb result.Testbed) []link {
	var links []link
	for _, b := range tb.Before {
		links = append(links, link{Host: b.Host, Peer: b.Peer, Before: linkValues(b), After: notMeasured(b)})
	}
	for _, a := range tb.After {
		found := false
		for i := range links {
			if links[i].Host == a.Host {
				links[i].After, found = linkValues(a), true
			}
		}
		if !found {
			links = append(links, link{Host: a.Host, Peer: a.Peer, Before: notMeasured(a), After: linkValues(a)})
		}
	}
	return links
}

func linkValues(l result.Link) []string {
	return []string{
		number(l.UpMbps), number(l.DownMbps), number(l.RTTUsP50), number(l.RTTUsP99), strconv.FormatUint(l.QueueDrops, 10),
		strconv.Itoa(l.Attempts),
	}
}

// notMeasured are as many dashes as there are values of a link.
func notMeasured(l result.Link) []string {
	values := linkValues(l)
	for i := range values {
		values[i] = unknown
	}
	return values
}

// A delay is one path's delay as sampled.
type delay struct {
	When   string
	Path   string
	Values []string // as DelayHeads
	Off    string
}

// DelayHeads are what is said of a sampled delay.
func (run) DelayHeads() []string {
	return []string{
		"asked ms", "mean ms", "asked sd", "sd", "p50", "p99", "max", "floor", "distance", "samples", "lost", "reordered",
	}
}

func delaysOf(tb result.Testbed) []delay {
	var all []delay
	for _, part := range []struct {
		when   string
		delays []result.MeasuredDelay
	}{{"before", tb.DelaysBefore}, {"after", tb.DelaysAfter}} {
		for _, m := range part.delays {
			all = append(all, delay{part.when, m.From + " → " + m.To, []string{
				number(m.AskedMeanMs), number(m.MeanMs), number(m.AskedSDMs), number(m.SDMs), number(m.P50Ms), number(m.P99Ms),
				number(m.MaxMs), fmt.Sprintf("%.3f", m.FloorMs), fmt.Sprintf("%.3f", m.KS), strconv.Itoa(m.Samples),
				strconv.Itoa(m.Lost), strconv.Itoa(m.Reordered),
			}, m.Off})
		}
	}
	return all
}

// A search is what one search for saturation saw.
type search struct {
	Series string
	Steps  string
	Chosen string
}

func searchesOf(searches []result.Search) []search {
	var all []search
	for _, s := range searches {
		var steps []string
		for _, step := range s.Steps {
			steps = append(steps, fmt.Sprintf("%d: %s", step.Clients, number(step.ThroughputMBps)))
		}
		chosen := strconv.Itoa(s.Chosen) + ifTrue(!s.Saturated, ", not saturated")
		series := fmt.Sprintf("%s %s, t = %d, %d KiB", s.Protocol, s.Op, s.T, s.ValueBytes>>10)
		all = append(all, search{series, strings.Join(steps, ", "), chosen})
	}
	return all
}
