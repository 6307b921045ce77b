package result

// Contended sums up READs of a protocol beside so many clients that write the same key: a row of the file that
// `powbench contend --out` writes, for each repetition.
type Contended struct {
	Protocol   string `json:"protocol"` // with its variant
	Title      string `json:"title"`    // as its paper writes it
	T          int    `json:"t"`
	Writers    int    `json:"writers"`
	Readers    int    `json:"readers"`
	Repetition int    `json:"repetition"` // from 1
	FirstSeed  uint64 `json:"first_seed"`
	Schedules  int64  `json:"schedules"`
	// Reads are those that ended; Rounds has those that returned a value, or that there is none, by their rounds.
	Reads    int64         `json:"reads"`
	Rounds   map[int]int64 `json:"rounds"`
	Writes   int64         `json:"writes"`   // that began while these READs lasted, each as often as there were READs
	Restarts int64         `json:"restarts"` // how often the READs began again, because WRITEs overtook them
}

// Failed is the number of READs that ended with an error.
func (c Contended) Failed() int64 {
	n := c.Reads
	for _, of := range c.Rounds {
		n -= of
	}
	return n
}

// PerRead is a number of something over that of the READs; 0 without any.
func (c Contended) PerRead(n int64) float64 {
	if c.Reads == 0 {
		return 0
	}
	return float64(n) / float64(c.Reads)
}

// MeanRounds is the mean number of rounds of the READs that did not fail; 0 without any.
func (c Contended) MeanRounds() float64 {
	var sum, reads int64
	for rounds, n := range c.Rounds {
		sum, reads = sum+int64(rounds)*n, reads+n
	}
	if reads == 0 {
		return 0
	}
	return float64(sum) / float64(reads)
}

// ReadContended reads files of `powbench contend --out`.
func ReadContended(files ...string) (all []Contended, err error) {
	for _, file := range files {
		rows, err := readRows[Contended](file, "of powbench contend --out")
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
	}
	return all, nil
}

// WriteContended writes such a file, and the folder that it is in.
func WriteContended(file string, rows []Contended) error { return writeRows(file, rows) }
