// Package experiment is the description of a measurement: a file says what to measure, and this package checks it,
// fills in what it leaves out, and says which runs it takes, in which order and for how long.
//
// docs/experiments.md describes the file. Its keys and their limits are in schema.go, its defaults in defaults.go.
package experiment

import (
	"encoding/json"
	"errors"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/workloads"
)

// An Experiment is one file, with every default filled in. Load makes it; all that it holds is then within its limits.
// Its JSON form is again an experiment file, one without a quick section.
type Experiment struct {
	Name   string `json:"experiment"`
	Figure string `json:"figure,omitempty"` // "2a" … "2d", or empty
	Title  string `json:"title,omitempty"`
	Settings

	file  string
	quick *Settings // nil if the file has no quick section
}

// Settings is what a quick section may override: everything but the experiment's identity.
type Settings struct {
	Seed        uint64         `json:"seed"`
	Repetitions int            `json:"repetitions"`
	Attempts    int            `json:"attempts"` // at each repetition, as long as other work disturbs it
	Protocols   []string       `json:"protocols"`
	Operations  []protocols.Op `json:"operations"`
	Suite       string         `json:"suite"`
	Durability  string         `json:"durability"`
	T           []int          `json:"t"`
	Values      []Size         `json:"value"`
	Clients     Clients        `json:"clients"`
	Concurrency Share          `json:"concurrency"` // probability that an operation overlaps another on its key
	Phases      Phases         `json:"phases"`
	Search      Search         `json:"search"`
	Testbed     Testbed        `json:"testbed"`
}

// Clients is the numbers of clients to measure with, all hosts together; nil if each series' number is searched for.
type Clients []int

// saturate is what stands for a nil Clients in a file.
const saturate = "saturate"

// MarshalJSON is the form that stands in a file.
func (c Clients) MarshalJSON() ([]byte, error) {
	if c == nil {
		return json.Marshal(saturate)
	}
	return json.Marshal([]int(c))
}

// Phases is how long the parts of a run take that have a fixed length.
type Phases struct {
	Warmup  Duration `json:"warmup"`
	Measure Duration `json:"measure"`
}

// Search is the search for the number of clients that saturates a series: the first of Clients whose next two numbers
// each gain less than Gain.
type Search struct {
	Clients []int    `json:"clients"` // ascending, at least three
	Gain    Share    `json:"gain"`
	Measure Duration `json:"measure"` // window per number of clients
}

// The topologies of a testbed.
const (
	SharedHost = "shared-host" // all servers on one host, as in the paper
	Spread     = "spread"      // each server on its own
)

// Testbed is the network to emulate.
type Testbed struct {
	Topology    string `json:"topology"`
	ClientHosts int    `json:"client_hosts"`
	Rate        Rate   `json:"rate"`       // of each host's link and direction, on the wire
	Congestion  string `json:"congestion"` // TCP's congestion control
	Tolerance   Share  `json:"tolerance"`  // how far a link's measured goodput may be from what its rate promises
}

// Keys is the number of keys over which the clients spread so that an operation overlaps another on its key with the
// probability Concurrency.
func (s *Settings) Keys(clients int) int {
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
