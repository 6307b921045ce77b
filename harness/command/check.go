package command

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/harness/history/jepsen"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/harness/study"
	"github.com/powbench/powbench/plots/command"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/workloads"
)

// maxDrawn is the number of operations up to which --html draws a whole history.
const maxDrawn = 200

// checkOptions are the flags of check.
type checkOptions struct {
	porcupine bool
	timeout   time.Duration
	html      string
	model     string
	json      bool
	jepsen.Options
}

func newCheck() *cobra.Command {
	o := &checkOptions{}
	c := &cobra.Command{
		Use:   "check HISTORY…",
		Short: "Check recorded histories for linearizability",
		Long: "check reads histories that a run recorded, or Jepsen histories of registers in EDN, JSON or text, compressed\n" +
			"by gzip or not, and checks each: its own with the timestamp and the zone checker, others with the zone checker\n" +
			"or, if a value is written twice or there are compare-and-sets, with porcupine. It draws the operations that\n" +
			"prove a violation. A file that cannot be read does not keep it from the others.",
		Example: "  powbench check results/smoke/latest/histories/mabd-read-t1-64KiB-c2-rep1.jsonl.gz\n" +
			"  powbench check --porcupine --html violation.html store/latest/history.edn",
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, files []string) error { return o.run(c.OutOrStdout(), files) },
	}
	f := c.Flags()
	f.BoolVar(&o.porcupine, "porcupine", false, "check every history with porcupine too")
	f.DurationVar(&o.timeout, "timeout", time.Minute, "bound of porcupine's search in a history")
	f.BoolVar(&o.json, "json", false, "print verdicts for programs, as JSON, one in a line")
	f.StringVar(&o.html, "html", "", "file for a picture of the first violation")
	f.StringVar(&o.model, "model", protocols.Consistencies[0], "what histories are held to: "+strings.Join(protocols.Consistencies, ", "))
	command.Complete(c, "model", protocols.Consistencies...)
	f.StringVar(&o.Initial, "initial", "", "value of a register before its first write, such as 0 (default: nil)")
	f.StringSliceVar(&o.Ignore, "ignore", nil, "processes of Jepsen histories that are no clients, beside nemesis")
	return c
}

func (o *checkOptions) run(out io.Writer, files []string) error {
	if o.timeout <= 0 {
		return command.Usage(fmt.Errorf("--timeout is %v, want more than 0", o.timeout))
	}
	if !slices.Contains(protocols.Consistencies, o.model) {
		return command.Usage(fmt.Errorf("--model %s: it is one of %s", o.model, strings.Join(protocols.Consistencies, ", ")))
	}
	if o.json && o.html != "" {
		return command.Usage(errors.New("--json and --html: a picture is for people, give one of them"))
	}
	if o.porcupine && o.promise() != protocols.Atomic {
		return command.Usage(fmt.Errorf("--porcupine: it judges atomic registers alone, not --model %s", o.model))
	}
	bad := 0
	var unread []error
	for _, f := range files {
		held, err := o.check(out, f)
		switch {
		case err != nil:
			unread = append(unread, err)
		case !held:
			bad++
		}
	}
	if bad > 0 {
		unread = append(unread, fmt.Errorf("%w, or could not be verified: %d of %d", study.ErrCheckFailed, bad, len(files)))
	}
	err := errors.Join(unread...)
	if bad == 0 && !slices.ContainsFunc(unread, func(err error) bool { return !errors.Is(err, fs.ErrNotExist) }) {
		return command.Usage(err) // nothing but names of files that do not exist
	}
	return err
}

// check reports whether every checker accepts the history in a file.
func (o *checkOptions) check(out io.Writer, file string) (bool, error) {
	h, err := jepsen.Load(file, o.Options)
	if err != nil {
		return false, err
	}
	held, tell := true, o.tell
	if o.json {
		tell = tellJSON
	}
	for _, r := range o.reports(h) {
		held = held && r.Code == result.Linearizable
		if err := tell(out, file, h, r); err != nil {
			return false, err
		}
	}
	return held, nil
}

// tell tells a person the verdict and, unless all is well, what proves it.
func (o *checkOptions) tell(out io.Writer, file string, h jepsen.History, r history.Report) error {
	line := append([]string{fmt.Sprintf("%s, %d operations", r.Checker, r.Operations)}, assumed(h)...)
	fmt.Fprintf(out, "%s: %s (%s)\n", file, r.Code, strings.Join(line, "; "))
	for _, text := range []string{r.Detail, hint(h, r)} {
		if text != "" {
			fmt.Fprintln(out, text)
		}
	}
	if r.Code == result.Linearizable {
		return nil
	}
	fmt.Fprintln(out, history.Timeline(r.Involved))
	return o.draw(out, h.Entries, r)
}

// tellJSON tells a program the same. Operations that prove a violation are as in the histories that runs record.
func tellJSON(out io.Writer, file string, h jepsen.History, r history.Report) error {
	return json.NewEncoder(out).Encode(struct {
		File string `json:"file"`
		result.Verdict
		Assumed  []string `json:"assumed,omitempty"`
		Involved []any    `json:"involved,omitempty"`
	}{file, r.Verdict, assumed(h), history.Forms(r.Involved)})
}

// assumed is what the verdict rests on.
func assumed(h jepsen.History) []string {
	notes := h.Notes()
	if len(h.Entries) > 0 && !slices.ContainsFunc(h.Entries, func(e history.Entry) bool { return e.Outcome == history.OK }) {
		notes = append(notes, "none of which ended: there is nothing to judge")
	}
	return notes
}

// hint says what may be at the bottom of a violation: registers that held something, which is not too long to be shown whole,
// before their first write.
func hint(h jepsen.History, r history.Report) string {
	if r.Code != result.Violation || h.Form == jepsen.Own || h.Initial != "" {
		return ""
	}
	written := map[workloads.ID]bool{}
	for _, e := range h.Entries {
		if e.Op != protocols.Read {
			written[e.Value] = true
		}
	}
	for _, e := range r.Involved {
		if e.Op == protocols.Read && e.Outcome == history.OK && !e.Bottom && !written[e.Value] && !strings.Contains(e.Label, "…") {
			return fmt.Sprintf("If registers hold %s before their first write, say so by --initial '%[1]s'.", e.Label)
		}
	}
	return ""
}

// promise is what histories are held to.
func (o *checkOptions) promise() protocols.Consistency {
	return protocols.Consistency(slices.Index(protocols.Consistencies, o.model))
}

// reports are the checkers' reports on a history. Only our own have timestamps.
func (o *checkOptions) reports(h jepsen.History) []history.Report {
	if promise := o.promise(); promise != protocols.Atomic {
		return []history.Report{history.CheckAs(h.Entries, promise)}
	}
	entries, first := h.Entries, history.Check
	if h.Form != jepsen.Own {
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
