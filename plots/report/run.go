package report

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/powbench/powbench/harness/result"
)

// A run is one result set: its circumstances, and where its raw data lie.
type run struct {
	ID         string
	Name       string // its folder, as given
	Manifest   result.Manifest
	Coverage   coverage
	Facts      []fact
	Sysctls    []fact
	Links      []link
	Delays     []delay
	Searches   []search
	Capacities []capacity
	Config     string // as JSON to read
	Files      []file
	folder     folder
}

// runs are the runs of the sets.
type runs map[*result.Set]*run

func newRuns(in Input) runs {
	all := runs{}
	for _, s := range in.Sets {
		m := s.Manifest
		r := &run{
			Name: s.Dir, Manifest: m, Coverage: coverageOf(s), Facts: circumstances(m), Sysctls: sorted(m.Testbed.Sysctls),
			Links: linksOf(m.Testbed), Delays: delaysOf(m.Testbed), Searches: searchesOf(s), Capacities: capacitiesOf(s),
			Config: indented(m.Config), folder: newFolder(s.Dir, in.Dir),
		}
		r.Files = r.folder.rawData()
		all[s] = r
	}
	return all
}

// inOrder gives the sets' runs their ids and lists them.
func (all runs) inOrder(sets []*result.Set, ids anchors) []run {
	list := make([]run, len(sets))
	for i, s := range sets {
		all[s].ID = ids.unique("run-" + s.Manifest.Experiment)
		list[i] = *all[s]
	}
	return list
}

// history is the file of a run's operations.
func (r *run) history(name string) file { return r.folder.history(name) }

// circumstances lists build, machine and testbed, as the manifest has them.
func circumstances(m result.Manifest) []fact {
	var facts []fact
	say := func(name, value string) {
		if value != "" {
			facts = append(facts, fact{name, []string{value}})
		}
	}
	say("experiment", m.Experiment+ifAny(" from ", m.ConfigFile))
	say("started", m.Started)
	say("finished", cmp.Or(m.Finished, "NOT FINISHED: it was interrupted"))
	say("seed", strconv.FormatUint(m.Seed, 10))
	if m.Quick {
		say("quick", "yes: fewer points, repetitions and seconds than the experiment asks for")
	}
	if m.Profiled {
		say("profiled", "yes: every process in the window of every run, which takes time")
	}
	say("powbench", cmp.Or(m.Version.PoWBench, "unknown")+ifTrue(m.Version.Dirty, ", with uncommitted changes"))
	say("Go", m.Version.Go)
	for _, module := range sorted(m.Version.Modules) {
		say(module.Name, module.Values[0])
	}
	say("machine", machineName(m.Machine))
	say("data disk", m.Machine.DataDisk)
	if m.Outside != nil {
		say("runs the guest", machineName(*m.Outside))
	}
	tb := m.Testbed
	say("testbed", tb.Mode+ifAny(", ", tb.Topology)+ifAny(", User-mode Linux ", tb.Guest))
	switch {
	case tb.Unlimited:
		say("links", "unlimited, as asked for; TCP "+tb.Congestion)
	case tb.Shaped:
		say("links", fmt.Sprintf("%g Mbit/s per direction, TCP %s, segmentation offload %s",
			float64(tb.RateBits)/1e6, tb.Congestion, onOff(tb.Offload)))
	default:
		say("links", "NOT SHAPED"+ifAny(": ", tb.Why))
	}
	say("hosts", strings.Join(tb.Hosts, ", "))
	return facts
}

func machineName(m result.Machine) string {
	return fmt.Sprintf("%s, %d cores, %d MiB, kernel %s", cmp.Or(m.CPU, "unknown processor"), m.Cores, m.MemoryMiB,
		cmp.Or(m.Kernel, "unknown"))
}

// ifAny is the text behind the prefix, or nothing without a text.
func ifAny(prefix, text string) string { return ifTrue(text != "", prefix+text) }

func ifTrue(holds bool, text string) string {
	if !holds {
		return ""
	}
	return text
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

func sorted(m map[string]string) []fact {
	var facts []fact
	for _, name := range slices.Sorted(maps.Keys(m)) {
		facts = append(facts, fact{name, []string{m[name]}})
	}
	return facts
}

// indented breaks JSON into lines; any other text stays as it is.
func indented(raw json.RawMessage) string {
	var b bytes.Buffer
	if json.Indent(&b, raw, "", "  ") != nil {
		return string(raw)
	}
	return b.String()
}

// A link is one host's link as measured before the first run and after the last.
type link struct {
	Host, Peer string
	Values     [2][]string // before and after, each as LinkHeads
}

// LinkHeads name the columns of a link, once before and once after.
func (run) LinkHeads() []string {
	return []string{"up Mbit/s", "down Mbit/s", "RTT p50 µs", "RTT p99 µs", "drops", "attempts"}
}

func linksOf(tb result.Testbed) []link {
	var links []link
	for when, measured := range [][]result.Link{tb.Before, tb.After} {
		for _, l := range measured {
			i := slices.IndexFunc(links, func(o link) bool { return o.Host == l.Host })
			if i < 0 {
				none := slices.Repeat([]string{unknown}, len(run{}.LinkHeads()))
				i, links = len(links), append(links, link{l.Host, l.Peer, [2][]string{none, none}})
			}
			links[i].Values[when] = []string{
				number(l.UpMbps), number(l.DownMbps), number(l.RTTUsP50), number(l.RTTUsP99),
				strconv.FormatUint(l.QueueDrops, 10), strconv.Itoa(l.Attempts),
			}
		}
	}
	return links
}

// A delay is one path's delay as sampled.
type delay struct {
	When   string
	Path   string
	Values []string // as DelayHeads
	Off    string
}

// DelayHeads name the columns of a sampled delay.
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
	for _, part := range []struct {
		when  string
		trips []result.RoundTrip
	}{{"before", tb.TripsBefore}, {"after", tb.TripsAfter}} {
		for _, t := range part.trips {
			all = append(all, delay{part.when, t.From + " ⇄ " + t.To, []string{
				number(t.AskedMeanMs), number(t.MeanMs), "", "", "", "", "", fmt.Sprintf("%.3f", t.FloorMs), "", strconv.Itoa(t.Samples), "", "",
			}, t.Off})
		}
	}
	return all
}
