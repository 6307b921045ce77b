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
	ID       string
	Name     string // its folder, as given
	Manifest result.Manifest
	Coverage coverage
	Facts    []fact
	Sysctls  []fact
	Links    []link
	Delays   []delay
	Searches []search
	Config   string // as JSON to read
	Files    []file
	folder   folder
}

// runs are the runs of the sets.
type runs map[*result.Set]*run

func newRuns(in Input) runs {
	all := runs{}
	for _, s := range in.Sets {
		m := s.Manifest
		r := &run{
			Name: s.Dir, Manifest: m, Coverage: coverageOf(s), Facts: circumstances(m), Sysctls: sorted(m.Testbed.Sysctls),
			Links: linksOf(m.Testbed), Delays: delaysOf(m.Testbed), Searches: searchesOf(m.Searches),
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

// circumstances is what the manifest says of build, machine and testbed, in the order in which one reads it.
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
	if tb.Shaped {
		say("links", fmt.Sprintf("%g Mbit/s per direction, TCP %s, segmentation offload %s",
			float64(tb.RateBits)/1e6, tb.Congestion, onOff(tb.Offload)))
	} else {
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

// indented is the JSON to be read; what is none stays as it is.
func indented(raw json.RawMessage) string {
	var b bytes.Buffer
	if json.Indent(&b, raw, "", "  ") != nil {
		return string(raw)
	}
	return b.String()
}
