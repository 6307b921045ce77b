// Package experiment is the description of a measurement: a file says what to measure, and this package checks it,
// fills in what it leaves out, and says which runs it takes, in which order and for how long.
//
// docs/experiments.md describes the file. Its keys and their limits are in schema.go, its defaults in defaults.go.
package experiment

import (
	"errors"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/workloads"
)

// An Experiment is one file, with every default filled in. Load makes it; all that it holds is then within its limits.
// Its JSON form is again an experiment file, one without a quick section.
type Experiment struct {
	Name   string `json:"experiment"`
	Figure string `json:"figure,omitempty"` // "2a" … "2d", "wan", "open", or empty
	Title  string `json:"title,omitempty"`
	Settings

	file  string
	quick *Settings // nil if the file has no quick section
}

// Settings is what a quick section may override: everything except the experiment's identity.
type Settings struct {
	Seed uint64 `json:"seed"`
	result.Plan
	Concurrency result.Share `json:"concurrency"` // probability that an operation overlaps another on its key
	Workload    Workload     `json:"workload"`
	Phases      Phases       `json:"phases"`
	Search      Search       `json:"search"`
	Testbed     Testbed      `json:"testbed"`
}

// Workload is what the clients do beside the operation that is measured.
type Workload struct {
	Keys       string       `json:"keys"`       // Uniform or Hot
	Background result.Share `json:"background"` // of the traffic: at most as much is a WRITE client's beside READs
}

// Phases is how long the parts of a run take that have a fixed length.
type Phases struct {
	Warmup  result.Duration `json:"warmup"`
	Measure result.Duration `json:"measure"`
}

// Search is the search for the number of clients that saturates a series: the first of Clients whose next two numbers
// each gain less than Gain.
type Search struct {
	Clients []int           `json:"clients"` // ascending, at least three
	Gain    result.Share    `json:"gain"`
	Measure result.Duration `json:"measure"` // window per number of clients
}

// Whether packets of up to 64 KiB pass the links whole (TCP segmentation offload).
const (
	On  = "on"
	Off = "off"
)

// Testbed is the network to emulate. At most one of Delay and Regions is there; without either, no packet is delayed.
type Testbed struct {
	Topology    string       `json:"topology"`
	ClientHosts int          `json:"client_hosts"`
	Rate        result.Rate  `json:"rate"`              // of each host's link and direction, on the wire
	Offload     string       `json:"offload,omitempty"` // On or Off; Load fills it in
	Congestion  string       `json:"congestion"`        // TCP's congestion control
	Tolerance   result.Share `json:"tolerance"`         // how far a link's goodput may be from what its rate promises
	Delay       Delay        `json:"delay,omitzero"`    // between all hosts
	Regions     Regions      `json:"regions,omitzero"`
	// DelayTolerance is how far a measured mean delay may be from what was asked for; it also scales KSLimit.
	DelayTolerance result.Share `json:"delay_tolerance"`
}

// Keys is the number of keys over which the clients spread so that an operation overlaps another on its key with the
// probability Concurrency. In the hot model, key 0 is what all share and the keys 1 … clients are the clients' own.
func (s *Settings) Keys(clients int) int {
	if s.Workload.Keys == result.Hot {
		return workloads.HotKeys(clients)
	}
	return workloads.Keyspace(clients, s.Concurrency.Fraction())
}

// Quick returns the experiment with its quick section laid over it.
func (e *Experiment) Quick() (*Experiment, error) {
	if e.quick == nil {
		return nil, errors.New(e.file + ": the experiment has no quick section: " +
			"add one with what a short run does differently, such as quick: {repetitions: 1}")
	}
	q := *e
	q.Settings, q.quick = *e.quick, nil
	return &q, nil
}
