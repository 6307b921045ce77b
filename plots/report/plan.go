package report

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/powbench/powbench/harness/result"
)

// A plan is those parts of an experiment that multiply its points.
type plan struct {
	Protocols  []string  `json:"protocols"`
	Operations []string  `json:"operations"`
	Suite      oneOrMore `json:"suite"`
	Durability oneOrMore `json:"durability"`
	T          flexible  `json:"t"`
	Value      []string  `json:"value"`
	Clients    flexible  `json:"clients"` // empty if it is searched for
	Arrival    struct {
		Rates   []string `json:"rates"`
		Clients int      `json:"clients"`
	} `json:"arrival"` // of open loops, beside the closed ones
	Repetitions int      `json:"repetitions"`
	Attacks     []string `json:"attacks"` // of an attack run
}

// oneOrMore is a text or a list of them.
type oneOrMore []string

// UnmarshalJSON implements json.Unmarshaler.
func (o *oneOrMore) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*o = oneOrMore{one}
		return nil
	}
	return json.Unmarshal(data, (*[]string)(o))
}

// flexible is a number or a list of them; a word, such as "saturate", is an empty list.
type flexible []int

// UnmarshalJSON implements json.Unmarshaler.
func (f *flexible) UnmarshalJSON(data []byte) error {
	var word string
	var one int
	switch {
	case json.Unmarshal(data, &word) == nil:
		*f = nil
		return nil
	case json.Unmarshal(data, &one) == nil:
		*f = flexible{one}
		return nil
	}
	return json.Unmarshal(data, (*[]int)(f))
}

// names are the points that the plan asks for: the product of its lists.
func (p plan) names() []string {
	var repetitions []int
	for i := range p.Repetitions {
		repetitions = append(repetitions, i+1)
	}
	names := p.Protocols
	for _, list := range [][]string{
		p.Operations, p.Suite, p.Durability, texts(p.T, "t = %d"), texts(sizes(p.Value), "%d bytes"), p.loads(),
		texts(repetitions, "repetition %d"),
	} {
		var longer []string
		for _, name := range names {
			for _, text := range list {
				longer = append(longer, name+", "+text)
			}
		}
		names = longer
	}
	return names
}

// nameOf is the name of a point in the plan.
func (p plan) nameOf(x result.Point) string {
	return strings.Join([]string{
		systemOf(x), x.Op, x.Suite, x.Durability, fmt.Sprintf("t = %d", x.T), fmt.Sprintf("%d bytes", x.ValueBytes),
		p.loadOf(x), fmt.Sprintf("repetition %d", x.Repetition),
	}, ", ")
}

// loads are what each series is measured with: closed loops, and then open ones.
func (p plan) loads() []string {
	loads := texts(p.Clients, closedLoop)
	if len(p.Clients) == 0 {
		loads = []string{saturating}
	}
	for _, rate := range p.Arrival.Rates {
		loads = append(loads, fmt.Sprintf(openLoop, rate, p.Arrival.Clients))
	}
	return loads
}

const (
	closedLoop = "%d clients"
	openLoop   = "%s for %d clients"
	saturating = "as many clients as saturate"
)

func (p plan) loadOf(x result.Point) string {
	switch {
	case x.Open():
		return fmt.Sprintf(openLoop, perSecond(x.Rate), x.Clients)
	case len(p.Clients) == 0:
		return saturating
	}
	return fmt.Sprintf(closedLoop, x.Clients)
}

func texts(numbers []int, format string) []string {
	all := make([]string, len(numbers))
	for i, n := range numbers {
		all[i] = fmt.Sprintf(format, n)
	}
	return all
}

// systemOf is the point's protocol as an experiment names it.
func systemOf(p result.Point) string {
	return p.FullName()
}

// sizeUnits are those of a size in an experiment, the longer names first.
var sizeUnits = []struct {
	name  string
	bytes float64
}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"kB", 1e3}, {"MB", 1e6}, {"B", 1}}

func sizes(texts []string) []int {
	all := make([]int, len(texts))
	for i, text := range texts {
		all[i] = bytesOf(text)
	}
	return all
}

// bytesOf is the number of bytes of a size such as "256KiB", or 0.
func bytesOf(size string) int {
	for _, u := range sizeUnits {
		if digits, found := strings.CutSuffix(size, u.name); found {
			if x, err := strconv.ParseFloat(digits, 64); err == nil {
				return int(x*u.bytes + 0.5)
			}
		}
	}
	return 0
}
