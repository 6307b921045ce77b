package result

import (
	"fmt"
	"regexp"
	"strconv"
)

// Rounds is how many rounds of each kind an operation takes. As text, also in JSON and as a key there, it is what the
// paper's Table 3 would print: "D+2d".
type Rounds struct {
	Data     int // D: they move values, or parts of them
	Metadata int // d: they move nothing but metadata
}

// Total is the number of rounds of both kinds.
func (r Rounds) Total() int { return r.Data + r.Metadata }

// String is the paper's notation; "0" stands for no round.
func (r Rounds) String() string {
	data, metadata := term(r.Data, "D"), term(r.Metadata, "d")
	switch {
	case data != "" && metadata != "":
		return data + "+" + metadata
	case data+metadata == "":
		return "0"
	}
	return data + metadata
}

func term(n int, unit string) string {
	switch n {
	case 0:
		return ""
	case 1:
		return unit
	}
	return strconv.Itoa(n) + unit
}

// MarshalText implements encoding.TextMarshaler.
func (r Rounds) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

var roundsPattern = regexp.MustCompile(`^(?:(\d*)D)?\+?(?:(\d*)d)?$`)

// UnmarshalText implements encoding.TextUnmarshaler. It takes what String returns and nothing else.
func (r *Rounds) UnmarshalText(text []byte) error {
	s := string(text)
	*r = Rounds{}
	if m := roundsPattern.FindStringSubmatchIndex(s); m != nil {
		r.Data, r.Metadata = factor(s, m[2], m[3]), factor(s, m[4], m[5])
	}
	if r.String() != s {
		return fmt.Errorf("%q is no number of rounds: write it like D+2d, for one round with data and two without", s)
	}
	return nil
}

// factor is the number at s[from:to], 1 if it is empty, and 0 if from is negative.
func factor(s string, from, to int) int {
	if from < 0 {
		return 0
	}
	if from == to {
		return 1
	}
	n, _ := strconv.Atoi(s[from:to]) // digits; what is out of range does not read the same again
	return n
}

// Most is the largest counts of any one operation of a kind, each for itself, when it ended: replies that came later
// are not in it.
type Most struct {
	Messages Traffic `json:"messages"`
	Bytes    Traffic `json:"bytes"` // as counted by the transport
}

// Raise makes each count at least that of o.
func (m *Most) Raise(o Most) {
	m.Messages, m.Bytes = m.Messages.max(o.Messages), m.Bytes.max(o.Bytes)
}

// Sum is that of both directions.
func (t Traffic) Sum() int64 { return t.ClientToServer + t.ServerToClient }

// Add adds o.
func (t *Traffic) Add(o Traffic) {
	t.ClientToServer += o.ClientToServer
	t.ServerToClient += o.ServerToClient
}

func (t Traffic) max(o Traffic) Traffic {
	return Traffic{max(t.ClientToServer, o.ClientToServer), max(t.ServerToClient, o.ServerToClient)}
}
