package command

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/harness/history/jepsen"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/harness/study"
	"github.com/powbench/powbench/plots/command"
)

// maxDrawn is the number of operations up to which --html draws a whole history.
const maxDrawn = 200

// checkOptions are the flags of check.
type checkOptions struct {
	porcupine bool
	timeout   time.Duration
	html      string
}

func newCheck() *cobra.Command {
	o := &checkOptions{}
	c := &cobra.Command{
		Use:   "check HISTORY…",
		Short: "Check recorded histories for linearizability",
		Long: "check reads histories that a run recorded, or Jepsen histories of registers in EDN or JSON, compressed by\n" +
			"gzip or not, and checks each: its own with the timestamp and the zone checker, others with the zone checker\n" +
			"or, if a value is written twice, with porcupine. It draws the operations that prove a violation.",
		Example: "  powbench check results/smoke/latest/histories/mabd-read-t1-64KiB-c2-rep1.jsonl.gz\n" +
			"  powbench check --porcupine --html violation.html store/latest/history.edn",
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, files []string) error { return o.run(c.OutOrStdout(), files) },
	}
	f := c.Flags()
	f.BoolVar(&o.porcupine, "porcupine", false, "check every history with porcupine too")
	f.DurationVar(&o.timeout, "timeout", time.Minute, "bound of porcupine's search in a history")
	f.StringVar(&o.html, "html", "", "file for a picture of the first violation")
	return c
}

func (o *checkOptions) run(out io.Writer, files []string) error {
	if o.timeout <= 0 {
		return command.Usage(fmt.Errorf("--timeout is %v, want more than 0", o.timeout))
	}
	bad := 0
	for _, f := range files {
		held, err := o.check(out, f)
		if err != nil {
			return err
		}
		if !held {
			bad++
		}
	}
	if bad > 0 {
		return fmt.Errorf("%w, or could not be verified: %d of %d", study.ErrCheckFailed, bad, len(files))
	}
	return nil
}

// check reports whether every checker accepts the history in a file.
func (o *checkOptions) check(out io.Writer, file string) (bool, error) {
	entries, form, err := jepsen.Load(file)
	if err != nil {
		return false, err
	}
	held := true
	for _, r := range o.reports(entries, form) {
		fmt.Fprintf(out, "%s: %s (%s, %d operations)\n", file, r.Code, r.Checker, r.Operations)
		if r.Detail != "" {
			fmt.Fprintln(out, r.Detail)
		}
		if r.Code == result.Linearizable {
			continue
		}
		held = false
		fmt.Fprintln(out, history.Timeline(r.Involved))
		if err := o.draw(out, entries, r); err != nil {
			return false, err
		}
	}
	return held, nil
}

// reports are the checkers' reports on a history. Only our own have timestamps.
func (o *checkOptions) reports(entries []history.Entry, form jepsen.Form) []history.Report {
	first := history.Check
	if form != jepsen.Own {
		first = func(entries []history.Entry) history.Report { return history.CheckValues(entries, o.timeout) }
	}
	all := []history.Report{first(entries)}
	if o.porcupine && all[0].Checker != history.PorcupineChecker {
		all = append(all, history.Porcupine(entries, o.timeout))
	}
	return all
}

// draw draws a violation into the file asked for, which is then done.
func (o *checkOptions) draw(out io.Writer, entries []history.Entry, r history.Report) error {
	if o.html == "" || r.Code != result.Violation {
		return nil
	}
	part := history.Around(entries, r.Involved, maxDrawn)
	if len(part) == 0 {
		fmt.Fprintf(out, "No picture: %d operations are too many, and it is not known which of them to draw.\n", len(entries))
		return nil
	}
	path := o.html
	o.html = ""
	if err := history.Visualise(path, part); err != nil {
		return err
	}
	fmt.Fprintf(out, "%s shows it.\n", path)
	return nil
}
