package result

// CostsFile holds the costs of proofs of writing and of signatures, a line each.
const CostsFile = "costs.jsonl"

// A Cost is the measured cost of one scheme at one t in one repetition: a line of costs.jsonl.
type Cost struct {
	Schema       int    `json:"schema"`
	Scheme       string `json:"scheme"`        // such as "hash-sha1" or "ed25519"
	SecurityBits int    `json:"security_bits"` // level by NIST SP 800-57
	T            int    `json:"t"`             // 0: the scheme's costs do not depend on it
	Servers      int    `json:"servers"`       // that Construct makes proofs for; 0: any number
	MessageBytes int    `json:"message_bytes"`
	Repetition   int    `json:"repetition"`
	Attempt      int    `json:"attempt"`

	Construct Spent `json:"construct"` // by the writer, for all servers
	Verify    Spent `json:"verify"`    // by one server

	HostSteal float64 `json:"host_steal"` // share of all cores' time that the hypervisor took, 0 to 1
	Validity
	Started string `json:"started"` // UTC, RFC 3339
}

// Spent is the cost of an operation, on one processor.
type Spent struct {
	Ops    int     `json:"ops"`    // operations that were timed
	Ns     float64 `json:"ns"`     // CPU time per operation
	Allocs float64 `json:"allocs"` // objects per operation
	Bytes  float64 `json:"bytes"`  // allocated per operation
	Waited float64 `json:"waited"` // share of the wall-clock time in which other work had the processor, 0 to 1
	// Multiplications is the modular multiplications of one operation, counted as they were done; absent where they
	// are not counted.
	Multiplications int64 `json:"multiplications,omitempty"`
}

// Violated implements Line.
func (c Cost) Violated() bool { return false }

// Notable implements Line.
func (c Cost) Notable() bool { return !c.Valid }

func (c Cost) inFile() (string, any) {
	c.Schema = SchemaVersion
	return CostsFile, c
}
