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
