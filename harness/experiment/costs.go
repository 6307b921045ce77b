package experiment

import (
	"cmp"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/powbench/powbench/harness/costs"
	"github.com/powbench/powbench/harness/result"
)

// Costs is a file that asks what proofs of writing and signatures cost on one processor (the paper's Table 1), with
// every default filled in. LoadCosts makes it. Its JSON form is again such a file.
type Costs struct {
	Name        string          `json:"costs"`
	Title       string          `json:"title,omitempty"`
	Seed        uint64          `json:"seed"`
	Repetitions int             `json:"repetitions"`
	Attempts    int             `json:"attempts"` // at each repetition, as long as the hypervisor disturbs it
	Schemes     []string        `json:"schemes"`
	T           []int           `json:"t"`
	Measure     result.Duration `json:"measure"` // least CPU time of a measurement
}

// A CostRun is one measurement of a scheme's two operations.
type CostRun struct {
	Scheme     costs.Scheme
	T          int // 0 for a scheme whose costs do not depend on it
	Repetition int // from 1
}

// defaultCosts has the defaults of a file of costs. The paper does not say how it counted; t goes as far as
// experiments may.
func defaultCosts() Costs {
	c := Costs{
		Seed: 2013, Repetitions: 10, Attempts: 3, Schemes: costs.Names(), Measure: result.Duration(50 * time.Millisecond),
	}
	for t := range maxT {
		c.T = append(c.T, t+1)
	}
	return c
}

// The least and the most time of a measurement: much longer than a clock's tick, and no longer than anyone needs.
const (
	minTimed = result.Duration(5 * time.Millisecond)
	maxTimed = result.Duration(10 * time.Second)
)

// keys are the keys of a file of costs.
func (c *Costs) keys() keys {
	return keys{
		"costs":       named(&c.Name),
		"title":       pattern(&c.Title, titlePattern, titleForm),
		"seed":        number(&c.Seed, 0, maxSeed),
		"repetitions": number(&c.Repetitions, 1, maxRepetitions),
		"attempts":    number(&c.Attempts, 1, maxAttempts),
		"schemes":     list(&c.Schemes, func(s *string) value { return oneOf(s, costs.Names()...) }),
		"t":           list(&c.T, func(t *int) value { return number(t, 1, maxT) }),
		"measure":     between(&c.Measure, minTimed, maxTimed),
	}
}

// LoadCosts reads the file. An error names the line and column and what to write instead.
func LoadCosts(path string) (*Costs, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, err
	}
	c, err := decodeCosts(data)
	if err != nil {
		return nil, locate(path, data, err)
	}
	return c, nil
}

func decodeCosts(data []byte) (*Costs, error) {
	root, err := document(data)
	if err != nil {
		return nil, err
	}
	c := defaultCosts()
	if root != nil {
		err = cmp.Or(belongsTo(root, "experiment"), object(c.keys())(root))
	}
	if err == nil && c.Name == "" {
		err = errors.New("the table of costs has no name: add a line such as costs: mine")
	}
	return &c, err
}

// Schedule is all measurements: repetition by repetition, each in an order of its own that is drawn from the seed, so
// that what disturbs the machine for a while hits a bit of everything.
func (c *Costs) Schedule() (all []CostRun) {
	for r := range c.Repetitions {
		from := len(all)
		for _, name := range c.Schemes {
			scheme, _ := costs.ByName(name) // LoadCosts has checked the name
			for _, t := range c.thresholds(scheme) {
				all = append(all, CostRun{scheme, t, r + 1})
			}
		}
		round := all[from:]
		order := rand.New(rand.NewPCG(c.Seed, uint64(r)))
		order.Shuffle(len(round), func(i, j int) { round[i], round[j] = round[j], round[i] })
	}
	return all
}

// thresholds are the t at which to measure the scheme, ascending.
func (c *Costs) thresholds(s costs.Scheme) []int {
	if !s.Grows {
		return []int{0}
	}
	return slices.SortedFunc(slices.Values(c.T), cmp.Compare[int])
}
