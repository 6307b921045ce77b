package report

// A Claim is one of the paper's, with what was measured about it.
type Claim struct {
	ID, Section, Claim, Reading, Expression string
	Outcome                                 string // in words, such as "holds"
	Measured                                string // numbers with their intervals
	Missing                                 string // what it takes to decide, if it could not be
	Points                                  []string
}
