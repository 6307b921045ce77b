package result

import (
	"fmt"
	"strings"
)

// A Mix is a load of both kinds of operations: the share of READs, the others being WRITEs. As text, also in JSON and as the Op
// of a series, it is such as "95% read".
type Mix Share

// ofMix is what stands behind the share in a mix's text.
const ofMix = " " + OpRead

// String is the mix as files and results have it.
func (m Mix) String() string { return Share(m).String() + ofMix }

// ParseMix reads what String returns. A mix has operations of both kinds.
func ParseMix(text string) (Mix, error) {
	share, is := strings.CutSuffix(text, ofMix)
	if !is {
		return 0, fmt.Errorf("must be a share of READs such as 95%%%s, not %q", ofMix, text)
	}
	s, err := Parse[Share](strings.TrimSpace(share))
	if err != nil {
		return 0, err
	}
	if s <= 0 || s >= 100*Percent {
		return 0, fmt.Errorf("must leave some of both kinds, above 0%% and below 100%%, not %s: loads of one kind are "+
			"operations: [%s, %s]", text, OpRead, OpWrite)
	}
	return Mix(s), nil
}

// MarshalText is the form that stands in a file.
func (m Mix) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads what stands in a file.
func (m *Mix) UnmarshalText(text []byte) (err error) {
	*m, err = ParseMix(string(text))
	return err
}

// IsOp reports whether the text is an Op that a series may have.
func IsOp(text string) bool {
	_, err := ParseMix(text)
	return text == OpRead || text == OpWrite || err == nil
}

// Mixed reports whether the series has operations of both kinds.
func (s Series) Mixed() bool {
	_, err := ParseMix(s.Op)
	return err == nil
}

// ReadShare is the share of READs in the operations of the series, from 0 to 1.
func (s Series) ReadShare() float64 {
	m, err := ParseMix(s.Op)
	switch {
	case err == nil:
		return Share(m).Fraction()
	case s.Op == OpRead:
		return 1
	}
	return 0
}

// Reads reports whether some operations of the series are READs, and Writes whether some are WRITEs.
func (s Series) Reads() bool { return s.ReadShare() > 0 }

// Writes is described at Reads.
func (s Series) Writes() bool { return s.ReadShare() < 1 }

// opName is the operation in a name that may be a file's: a mix is such as mix95.
func (s Series) opName() string {
	if s.Mixed() {
		return fmt.Sprintf("mix%g", 100*s.ReadShare())
	}
	return s.Op
}

// A KindOf is the operations of one kind in a mix: the same numbers that a point has of all.
type KindOf struct {
	Ops            int64            `json:"ops"`
	ThroughputOps  float64          `json:"throughput_ops"`
	ThroughputMBps float64          `json:"throughput_MBps"`
	MeanBytes      float64          `json:"mean_bytes,omitempty"`
	LatencyMs      Latency          `json:"latency_ms"`
	Histogram      string           `json:"histogram"`
	LoadOps        int64            `json:"load_ops"`
	RoundKinds     map[Rounds]int64 `json:"round_kinds,omitempty"`
	ModelRounds    Rounds           `json:"model_rounds"`
	ModelFactor    TrafficFactor    `json:"model_factor"` // of an operation that meets none of the other kind
	// MetShare is the share of READs that met a WRITE, and Met how many a READ met, on average; 0 of WRITEs.
	MetShare float64 `json:"met_share,omitempty"`
	Met      float64 `json:"met,omitempty"`
}
