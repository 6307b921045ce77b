package result

// Simulated sums up the schedules of one protocol and attack: a row of the file that `powbench simulate --out` writes.
type Simulated struct {
	Protocol   string            `json:"protocol"`
	Attack     string            `json:"attack"`
	T          int               `json:"t"`
	Suite      string            `json:"suite"`
	Durability string            `json:"durability"`
	Strategy   string            `json:"strategy,omitempty"` // how schedules were chosen; rows of earlier versions, which lack it, uniformly
	FirstSeed  uint64            `json:"first_seed"`
	Schedules  int64             `json:"schedules"`
	Operations int64             `json:"operations"`
	Messages   int64             `json:"messages"`
	Reads      map[int]int64     `json:"reads"`             // by their rounds
	Starved    int64             `json:"starved,omitempty"` // READs to which WRITEs left no round to end in, as the protocol allows
	Harms      map[string]int64  `json:"harms"`             // schedules, by the gravest harm found
	Seeds      map[string]uint64 `json:"seeds"`             // the first of each harm
	// Conditions counts the operations that came to each turn that matters and few take; rows of earlier versions lack it.
	Conditions  map[string]int64 `json:"conditions,omitempty"`
	Expected    string           `json:"expected"`
	Expectation Expectation      `json:"expectation,omitempty"`
	Held        bool             `json:"held"` // whether the outcome is the expected one
	Seconds     float64          `json:"seconds"`
}

// Harmed is the number of schedules that showed harm.
func (s Simulated) Harmed() (n int64) {
	for _, of := range s.Harms {
		n += of
	}
	return n
}

// ReadSimulated reads files of `powbench simulate --out`.
func ReadSimulated(files ...string) (all []Simulated, err error) {
	for _, file := range files {
		rows, err := readRows[Simulated](file, "of powbench simulate --out")
		if err != nil {
			return nil, err
		}
		for i := range rows {
			rows[i].Expectation = expectationOf(rows[i].Expectation, rows[i].Expected)
		}
		all = append(all, rows...)
	}
	return all, nil
}

// WriteSimulated writes such a file, and the folder that it is in.
func WriteSimulated(file string, rows []Simulated) error { return writeRows(file, rows) }
