package command

import (
	"cmp"
	"context"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/powbench/powbench/plots/command"
	"github.com/powbench/powbench/sim"
)

// continuations is how often a schedule goes on at random from each of its events: shares are known to within 0.1.
const continuations = 100

// findCause tells where the schedule of the seed became bound to fail.
func (o *simulateOptions) findCause(ctx context.Context, out io.Writer, scenarios []sim.Scenario) error {
	if len(scenarios) != 1 {
		return command.Usage(fmt.Errorf("--cause is of one schedule: name one --protocol and one --attack, not %d combinations", len(scenarios)))
	}
	cause, err := sim.FindCause(ctx, scenarios[0], o.cause, continuations, runtime.GOMAXPROCS(0))
	if err != nil {
		return err
	}
	for i, s := range cause.Steps {
		mark := " "
		if i == cause.Jump {
			mark = ">"
		}
		fmt.Fprintf(out, "%s %4.0f %%  %s\n", mark, 100*s.Share, s.Text)
	}
	fmt.Fprintln(out, "\n"+sentence(cause))
	if o.html == "" {
		return nil
	}
	return drawCause(o.html, cause)
}

// sentence says in one where the harm became inevitable.
func sentence(c *sim.Cause) string {
	step := c.Steps[c.Jump]
	return fmt.Sprintf("%s: of %d random continuations %.0f %% come to it before, and %.0f %% after: %s", strings.ToUpper(string(c.Harm[:1]))+
		string(c.Harm[1:]), continuations, 100*c.Before(), 100*step.Share, strings.Join(strings.Fields(step.Text)[1:], " "))
}

//go:embed cause.html
var causePage string

// Lengths on the page, in pixels.
const (
	rowHeight   = 18
	curveWidth  = 120
	laneWidth   = 46
	letterWidth = 8 // at least, of the trace's text
)

// A causeRow is a step as the page draws it.
type causeRow struct {
	sim.Step
	Y, X     int // of the row, and of its share on the curve
	From, To int // x of a message's lanes
	Arrow    bool
	Lost     bool // the message does not arrive
	Jump     bool
	Percent  string
}

// messageOf finds the two ends of a message in a line of a trace.
var messageOf = regexp.MustCompile(`([ps]\d+) (→|←) (s\d+)\b`)

// A lane is the vertical line of one participant.
type lane struct {
	Name string
	X    int
}

// lanesOf are those of all who send messages: clients, then servers, by number.
func lanesOf(steps []sim.Step) (lanes []lane, x map[string]int) {
	x = map[string]int{}
	for _, s := range steps {
		if m := messageOf.FindStringSubmatch(s.Text); m != nil {
			x[m[1]], x[m[3]] = 0, 0
		}
	}
	names := slices.SortedFunc(maps.Keys(x), func(a, b string) int {
		return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
	})
	for i, name := range names {
		x[name] = curveWidth + laneWidth*(i+1)
		lanes = append(lanes, lane{name, x[name]})
	}
	return lanes, x
}

// rowsOf are the steps as the page draws them.
func rowsOf(c *sim.Cause, x map[string]int) (rows []causeRow) {
	for i, s := range c.Steps {
		r := causeRow{
			Step: s, Y: rowHeight * (i + 2), X: 10 + int(s.Share*(curveWidth-20)), Jump: i == c.Jump,
			Percent: fmt.Sprintf("%.0f %%", 100*s.Share),
		}
		if m := messageOf.FindStringSubmatch(s.Text); m != nil {
			r.From, r.To, r.Arrow, r.Lost = x[m[1]], x[m[3]], true, strings.Contains(s.Text, "dropped")
			if m[2] == "←" {
				r.From, r.To = r.To, r.From
			}
		}
		rows = append(rows, r)
	}
	return rows
}

// drawCause writes the page: messages on a time line, the share beside them, and a slider. It needs nothing from elsewhere.
func drawCause(path string, c *sim.Cause) error {
	page, err := template.New("cause").Parse(causePage)
	if err != nil {
		return err
	}
	lanes, x := lanesOf(c.Steps)
	rows, text, longest := rowsOf(c, x), curveWidth+laneWidth*(len(lanes)+2), 0
	for _, s := range c.Steps {
		longest = max(longest, utf8.RuneCountInString(s.Text))
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	err = page.Execute(f, map[string]any{
		"Sentence": sentence(c), "Rows": rows, "Lanes": lanes, "Text": text, "Width": text + letterWidth*longest,
		"Height": rowHeight * (len(rows) + 3), "Last": len(rows) - 1, "Jump": c.Jump, "RowHeight": rowHeight,
	})
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}
