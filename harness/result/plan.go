package result

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// A Plan is the part of an experiment that says which points there are, as it stands in the manifest's config.
type Plan struct {
	Repetitions int          `json:"repetitions"`
	Attempts    int          `json:"attempts"`             // at each repetition, as long as other work disturbs it
	Protocols   []string     `json:"protocols"`            // by their full names
	Operations  []string     `json:"operations,omitempty"` // loads of one kind; none if the file has a Mix alone
	Mix         List[Mix]    `json:"mix,omitempty"`        // loads of both kinds, beside them
	Suites      List[string] `json:"suite"`
	Durability  List[string] `json:"durability"`
	T           List[int]    `json:"t"`
	Values      []Value      `json:"value"`
	Clients     Clients      `json:"clients"`
	Arrival     Arrival      `json:"arrival,omitzero"`
	Objective   Objective    `json:"objective,omitzero"`    // of the arrival, whose highest rate that keeps it is looked for
	Owed        List[string] `json:"owed,omitempty"`        // Waited, Ignored or both; Waited if empty
	Record      List[string] `json:"record,omitempty"`      // Everything, Alternating or both; Everything if empty
	SlowServer  List[Rate]   `json:"slow_server,omitempty"` // rates of the first server's link; 0: that of all links
	Auth        List[string] `json:"auth,omitempty"`        // NoAuth, TLS or both; NoAuth if empty
	Attack      List[string] `json:"attack,omitempty"`      // that servers make during loads, by ID, or FaultFree; FaultFree if empty
	Attacks     []string     `json:"attacks,omitempty"`     // of an attack run, which has no loads
}

// A List may stand in JSON as its only item.
type List[T any] []T

// UnmarshalJSON implements json.Unmarshaler.
func (l *List[T]) UnmarshalJSON(data []byte) error {
	var one T
	if json.Unmarshal(data, &one) == nil {
		*l = List[T]{one}
		return nil
	}
	return json.Unmarshal(data, (*[]T)(l))
}

// Clients is the numbers of clients to measure closed loops with, all hosts together. 0 stands for the number that a search
// finds for each series; nil is that one alone.
type Clients List[int]

// Saturate stands in a file for a number that is searched for, and for nil Clients.
const Saturate = "saturate"

// Searched reports whether a search finds one of the numbers.
func (c Clients) Searched() bool { return c == nil || slices.Contains(c, 0) }

// MarshalJSON is the form that stands in a file.
func (c Clients) MarshalJSON() ([]byte, error) {
	if c == nil {
		return json.Marshal(Saturate)
	}
	all := make([]any, len(c))
	for i, n := range c {
		if all[i] = n; n == 0 {
			all[i] = Saturate
		}
	}
	return json.Marshal(all)
}

// UnmarshalJSON implements json.Unmarshaler.
func (c *Clients) UnmarshalJSON(data []byte) error {
	word := []byte(`"` + Saturate + `"`)
	if bytes.Equal(data, word) {
		*c = nil
		return nil
	}
	return json.Unmarshal(bytes.ReplaceAll(data, word, []byte("0")), (*List[int])(c))
}

// Arrival is open loops, to measure beside the closed ones: operations arrive at each of the rates, whether or not
// earlier ones have ended. The zero Arrival asks for none.
type Arrival struct {
	Process string      `json:"process"`         // Poisson, also if empty, or Fixed
	Rates   []Frequency `json:"rates,omitempty"` // of operations, all hosts together; none if an objective finds the only one
	Clients int         `json:"clients"`         // that take the operations, all hosts together
}

// String is the arrival as a plan shows it.
func (a Arrival) String() string {
	rates := make([]string, len(a.Rates))
	for i, r := range a.Rates {
		rates[i] = r.String()
	}
	if len(rates) == 0 {
		return fmt.Sprintf("%s, taken by %d clients", a.Process, a.Clients)
	}
	return fmt.Sprintf("%s at %s, taken by %d clients", a.Process, strings.Join(rates, ", "), a.Clients)
}

// A Cell is one point of a figure: a series under one load. Its Clients are 0 if a search finds them for the series.
type Cell struct {
	Series
	Load
}

// Cells lists the plan's points: the product of its lists, in the order of the file. Behind the closed loops of a series
// come its open loops. Pebble alone has only WRITEs to a disk, and no connections; what stores nothing has the first durability alone.
func (p *Plan) Cells() (cells []Cell) {
	loads := p.Loads()
	for _, t := range p.T {
		for _, value := range p.Values {
			for _, op := range p.ops() {
				for _, s := range p.systems() {
					s.Op, s.T, s.ValueBytes, s.Sizes = op, t, value.Bytes(), value.Sizes
					if s.PebbleAlone() && (op != OpWrite || s.Durability == NoDisk || s.Auth != "") {
						continue
					}
					if s.StoresNothing() && s.Durability != p.Durability[0] {
						continue
					}
					for _, l := range loads {
						cells = append(cells, Cell{s, l})
					}
				}
			}
		}
	}
	return cells
}

// ops are the Ops of series.
func (p *Plan) ops() (all []string) {
	all = append(all, p.Operations...)
	for _, m := range p.Mix {
		all = append(all, m.String())
	}
	return all
}

// Saturates reports whether a search finds the clients of some loads. With an objective, closed loops are measured only beside
// numbers of clients that the file lists.
func (p *Plan) Saturates() bool {
	return p.Clients.Searched() && (p.Clients != nil || !p.Objective.Asked())
}

// Loads are the loads that each series is measured under.
func (p *Plan) Loads() (all []Load) {
	for _, l := range p.loads() {
		for _, owed := range orZero(p.Owed) {
			if l.Owed = owed; owed == Waited {
				l.Owed = ""
			}
			for _, record := range orZero(p.Record) {
				if l.Record = record; record == Everything {
					l.Record = ""
				}
				all = append(all, l)
			}
		}
	}
	return all
}

// loads are the loads, whatever servers owe.
func (p *Plan) loads() (all []Load) {
	if p.Clients == nil && p.Saturates() {
		all = append(all, Load{Arrival: Closed})
	}
	for _, c := range p.Clients {
		all = append(all, Load{Clients: c, Arrival: Closed})
	}
	for _, r := range p.Arrival.Rates {
		all = append(all, Load{Clients: p.Arrival.Clients, Arrival: cmp.Or(p.Arrival.Process, Poisson), Rate: r.Hz()})
	}
	if p.Objective.Asked() {
		all = append(all, Load{Clients: p.Arrival.Clients, Arrival: cmp.Or(p.Arrival.Process, Poisson)})
	}
	return all
}

// orZero is the list, or the zero item if it is empty.
func orZero[T any](all []T) []T {
	if len(all) == 0 {
		return make([]T, 1)
	}
	return all
}

// systems are the protocols with each suite, durability, slow server, attack and way to tell who is who.
func (p *Plan) systems() (all []Series) {
	for _, name := range p.Protocols {
		protocol, variant := SplitName(name)
		for _, suite := range p.Suites {
			for _, durability := range p.Durability {
				for _, slow := range orZero(p.SlowServer) {
					for _, auth := range orZero(p.Auth) {
						if auth == NoAuth {
							auth = ""
						}
						for _, attack := range orZero(p.Attack) {
							if attack == FaultFree {
								attack = ""
							}
							all = append(all, Series{
								Protocol: protocol, Variant: variant, Suite: suite, Durability: durability, SlowServer: slow, Auth: auth,
								Attack: attack,
							})
						}
					}
				}
			}
		}
	}
	return all
}
