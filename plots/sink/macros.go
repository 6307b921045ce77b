package sink

import (
	"bytes"
	"fmt"
	"io"
	"math"

	"github.com/powbench/powbench/plots/stat"
)

// Macros are LaTeX commands for numbers and claims, so that a paper's text says what the results say: \PBvalue{NAME},
// \PBinterval{NAME} and \PBclaim{ID}. A name may hold anything but unbalanced braces and percent signs. LaTeX stops at a name that
// there is not.
type Macros struct {
	b     bytes.Buffer
	names map[string]bool
}

const macroHead = `%% What results say, by powbench export --format latex. Read it with \input; do not edit it.
\makeatletter
\newcommand\PB@set[3]{\expandafter\gdef\csname PB@#1@\detokenize{#2}\endcsname{#3}}
\newcommand\PB@get[2]{\@ifundefined{PB@#1@\detokenize{#2}}%%
  {\PackageError{powbench}{no #1 \detokenize{#2}}{Export it from results that have it.}}%%
  {\csname PB@#1@\detokenize{#2}\endcsname}}
\newcommand\PBvalue[1]{\PB@get{value}{#1}}
\newcommand\PBinterval[1]{\PB@get{interval}{#1}}
\newcommand\PBclaim[1]{\PB@get{claim}{#1}}
`

// Value sets a number and, if low and high differ, its interval. A name that was set stays as it is.
func (m *Macros) Value(name string, value, low, high float64) {
	if m.names == nil {
		m.names = map[string]bool{}
	}
	if m.names[name] || math.IsNaN(value) {
		return
	}
	m.names[name] = true
	fmt.Fprintf(&m.b, "\\PB@set{value}{%s}{%s}\n", oneLine(name), stat.Digits(value))
	if low < high {
		fmt.Fprintf(&m.b, "\\PB@set{interval}{%s}{%s--%s}\n", oneLine(name), stat.Digits(low), stat.Digits(high))
	}
}

// Claim sets what came of a claim.
func (m *Macros) Claim(id, outcome string) {
	fmt.Fprintf(&m.b, "\\PB@set{claim}{%s}{%s}\n", oneLine(id), TeX(outcome))
}

// WriteTo writes them all.
func (m *Macros) WriteTo(w io.Writer) (int64, error) {
	n, err := fmt.Fprintf(w, macroHead+"%s\\makeatother\n", m.b.String())
	return int64(n), err
}
