package command

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/command"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/sim/explore"
)

// earlier is the table to go on with.
func (o *exploreOptions) earlier(tasks []explore.Task) (result.Explorations, error) {
	fresh, err := thisBuild()
	if err != nil || o.out == "" {
		return result.Explorations{Build: fresh}, err
	}
	table, err := result.ReadExplorations(o.out)
	switch {
	case err != nil:
		return table, err
	case !o.resume && table.Build != "":
		return table, command.Usage(fmt.Errorf("%s exists: go on with it by --resume, or choose another --out", o.out))
	case !o.resume:
		return result.Explorations{Build: fresh}, nil
	case table.Build == "":
		return table, command.Usage(fmt.Errorf("nothing to resume: %s does not exist; run without --resume", o.out))
	case table.Build != fresh:
		return table, command.Usage(fmt.Errorf("%s was begun by build %s, and this is %s: go on with that build, or choose another --out",
			o.out, table.Build, fresh))
	}
	for _, r := range table.Rows {
		if !slices.ContainsFunc(tasks, func(t explore.Task) bool { return r.Is(o.row(t)) }) {
			return table, command.Usage(fmt.Errorf("%s has %s on scope %s with servers %s at t = %d, suite %s, which is not asked for now: "+
				"resume with the same flags, or choose another --out", o.out, r.Protocol, r.Scope, r.Menu, r.T, r.Suite))
		}
	}
	return table, nil
}

// thisBuild is the hash of the binary that runs.
func thisBuild() (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", err
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)[:8]), nil
}

// row names the exploration; nothing is known of it yet.
func (o *exploreOptions) row(t explore.Task) result.Explored {
	r := result.Explored{
		Protocol: protocols.NameOf(t.Protocol), Scope: t.Scope.Name, Title: t.Scope.Title, Menu: t.Menu.Name, T: t.T, Suite: t.Suite,
		Bound: o.bound, Shuffle: t.Shuffle, Deviations: t.Deviations, Expectation: result.Withstand, Verdict: result.Unknown,
	}
	if t.Menu.Beyond(t.Protocol) {
		r.Expectation = result.Beyond
	}
	return r
}

// finished finds the row of the exploration, if there is nothing left to do in it: it was not interrupted, and what
// bounded it is the same.
func finished(table result.Explorations, r result.Explored) (result.Explored, bool) {
	for _, x := range table.Rows {
		if x.Is(r) {
			return x, x.Complete || x.Verdict == result.Violation || x.Stopped != explore.Interrupted && x.Bound == r.Bound
		}
	}
	return r, false
}

// completeness says whether all was explored, and what all is.
func completeness(row result.Explored) string {
	switch {
	case !row.Complete:
		return ", NOT complete: stopped " + row.Stopped
	case row.Deviations > 0:
		return fmt.Sprintf(", complete with ≤ %d deviations", row.Deviations)
	}
	return ", complete"
}

// summed is the row with what came of the exploration.
func summed(row result.Explored, r *explore.Report) result.Explored {
	row.Executions, row.Steps, row.States, row.Outcomes = r.Executions, r.Steps, r.States, int64(len(r.Outcomes))
	row.Complete, row.Stopped, row.Without, row.Seconds = r.Complete, r.Stopped, r.Without, r.Seconds
	for rounds := range r.Rounds {
		row.MaxRounds = max(row.MaxRounds, rounds)
	}
	for _, v := range r.Violations {
		if row.Harms == nil {
			row.Harms = map[string]string{}
		}
		row.Harms[string(v.Harm)] = v.Detail
	}
	switch {
	case len(row.Harms) > 0:
		row.Verdict = result.Violation
	case r.Complete:
		row.Verdict = result.Linearizable
	}
	row.Held = len(row.Harms) == 0 || row.Expectation == result.Beyond
	return row
}

// deviating is the flag that bounds deviations, if they were.
func deviating(row result.Explored) string {
	if row.Deviations == 0 {
		return ""
	}
	return fmt.Sprintf(" --deviations %d", row.Deviations)
}
