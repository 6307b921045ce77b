package plots

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/powbench/powbench/harness/result"
)

// worstCase is the most that operations of one kind took in the trials that their protocol is to withstand.
type worstCase struct {
	system     system
	op         string
	t          int
	valueBytes int
	trials     int
	ops        int64
	rounds     result.Rounds // the most, of two as long those with more data
	attack     string        // the first that brings them about
	most       result.Most
}

// bounds reports whether the trial counts for the worst case: one without any attack, or with one that the protocol is to
// withstand, and did.
func (t trial) bounds() bool {
	return t.outcome() == withstood && strings.HasPrefix(t.Expected, "no harm")
}

// worstCases are those of every protocol and operation that trials counted.
func worstCases(trials []trial) (all []worstCase) {
	ids := attackIDs(trials) // the fault-free trial is the first
	trials = slices.Clone(trials)
	slices.SortStableFunc(trials, func(a, b trial) int {
		return cmp.Compare(slices.Index(ids, a.Attack), slices.Index(ids, b.Attack))
	})
	for _, t := range trials {
		if t.bounds() {
			all = t.raise(all, "read", t.ReadKinds, t.ReadMost)
			all = t.raise(all, "write", t.WriteKinds, t.WriteMost)
		}
	}
	slices.SortFunc(all, func(a, b worstCase) int {
		return cmp.Or(compareSystems(a.system, b.system), cmp.Compare(a.op, b.op), cmp.Compare(a.t, b.t))
	})
	return all
}

// raise adds what the trial's operations of one kind took.
func (t trial) raise(all []worstCase, op string, kinds map[result.Rounds]int64, most result.Most) []worstCase {
	if len(kinds) == 0 {
		return all // of an earlier version, which did not count them
	}
	s := t.system()
	i := slices.IndexFunc(all, func(w worstCase) bool { return w.system == s && w.op == op && w.t == t.T })
	if i < 0 {
		i, all = len(all), append(all, worstCase{system: s, op: op, t: t.T, valueBytes: t.ValueBytes})
	}
	w := &all[i]
	w.trials++
	w.most.Raise(most)
	for rounds, ops := range kinds {
		if w.ops += ops; worse(rounds, w.rounds) {
			w.rounds, w.attack = rounds, attackName(t.Attack, []trial{t})
		}
	}
	return all
}

// worse reports whether a takes longer than b: more rounds or, of as many, more with data.
func worse(a, b result.Rounds) bool {
	return cmp.Or(cmp.Compare(a.Total(), b.Total()), cmp.Compare(a.Data, b.Data)) > 0
}

// system is what the trial attacked.
func (t trial) system() system {
	protocol, variant, found := strings.Cut(t.Protocol, "+")
	if !found {
		variant = paperVariant
	}
	return system{protocol: protocol, variant: variant}
}

// verdict compares it with the paper's row, if there is one.
func (w worstCase) verdict() string {
	p := publishedAs(w.system.protocol, w.system.variant)
	if p == nil {
		return missing
	}
	return p.compare(w.op, w.rounds)
}

// worstCaseTable is a row for each worst case.
func worstCaseTable(cases []worstCase) Table {
	t := Table{
		Title: "Table 3: worst case under attack",
		Header: []string{
			"protocol", "op", "t", "value", "trials", "operations", "paper", "measured", "first under", "messages c→s",
			"messages s→c", "bytes c→s", "bytes s→c", "verdict",
		},
		Notes: []string{"The most that any operation took that ended, in trials of real processes without an attack and under those " +
			"attacks and faults that the protocol is to withstand. Messages and bytes: each the most of any operation until it " +
			"ended, what liars send included; bytes in multiples of the value's size, beside which metadata weighs much if it is " +
			"small. Not reached: no attack brought about as many rounds as the paper allows."},
	}
	for _, w := range cases {
		paper := missing
		if p := publishedAs(w.system.protocol, w.system.variant); p != nil {
			paper = p.of(w.op)
		}
		times := func(bytes int64) string { return fmt.Sprintf("%.2f", float64(bytes)/float64(w.valueBytes)) }
		t.Rows = append(t.Rows, []string{
			w.system.name(), opName(w.op), strconv.Itoa(w.t), sizeName(w.valueBytes), strconv.Itoa(w.trials),
			strconv.FormatInt(w.ops, 10), paper, w.rounds.String(), w.attack,
			strconv.FormatInt(w.most.Messages.ClientToServer, 10), strconv.FormatInt(w.most.Messages.ServerToClient, 10),
			times(w.most.Bytes.ClientToServer), times(w.most.Bytes.ServerToClient), w.verdict(),
		})
	}
	return t
}
