package query

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/frame"
)

// A kind of records: the keys that select them, and the numbers that they have.
type kind struct {
	path   string            // the name of a missing record begins with it; values of the keys follow
	keys   []string          // that select records
	needs  int               // so many of the keys, the first ones, `of` must be given; 0: only `most` and `least` take this kind
	exact  bool              // `of` adds its numbers up, which are counts; otherwise it estimates from repetitions
	fields fields            // of an empty record: which there are
	shares map[string]string // "harms": "schedules" makes "harms.x" a share of the schedules, in percent
}

// kinds are the kinds of records, by their names in expressions.
var kinds = map[string]kind{
	"point": {
		keys: []string{
			"figure", "protocol", "op", "t", "KiB", "clients", "rate", "suite", "durability", "auth", "attack", "record",
			"owed", "slow_server", "sizes",
		},
		needs: 3, fields: ofPoint(result.Point{}),
	},
	"lead":    {path: "lead", keys: []string{"protocol", "op", "t"}, needs: 3, exact: true, fields: ofLead(frame.Lead{})},
	"history": {path: "history", keys: []string{"figure", "protocol", "op", "t"}, fields: ofHistory(result.Point{})},
	"link":    {path: "link", keys: []string{"figure"}, fields: fieldsOf(result.Link{}, nil)},
	"delay":   {path: "delay", keys: []string{"figure"}, fields: fieldsOf(result.MeasuredDelay{}, nil)},
	"trial":   {path: "attack", keys: []string{"protocol", "attack"}, needs: 2, exact: true, fields: ofTrial(result.Trial{})},
	"cost":    {path: "costs", keys: []string{"scheme", "t"}, needs: 2, fields: ofCost(result.Cost{})},
	"simulation": {
		path: "simulation", keys: []string{"protocol", "attack", "t"}, exact: true,
		fields: ofSimulation(result.Simulated{}), shares: map[string]string{"harms": "schedules", "reads": "reads"},
	},
	"exploration": {
		path: "exploration", keys: []string{"protocol", "scope", "menu", "t", "deviations"}, exact: true,
		fields: ofExploration(result.Explored{}),
	},
	"mutant": {path: "mutant", keys: []string{"protocol", "file"}, exact: true, fields: ofMutant(result.Mutant{})},
	"hunt": {
		path: "hunt", keys: []string{"protocol", "hunter", "kind", "made"}, exact: true,
		fields: ofHunts(result.Hunts{}), shares: map[string]string{"alive": "hunts"},
	},
}

// A record is a repetition of a point, a trial, a link as measured, and so on.
type record struct {
	id         string
	keys       where // a key that is absent fits any value
	repetition int
	fields     fields
	operations map[string]int64 // that percentiles are of, such as those of "latency_ms"
	cell       *frame.Cell      // of a point, whose percentiles are those of all its repetitions
}

// peak marks the points with the number of clients that had the highest throughput, like a key.
const peak = "peak"

// addPoints adds the repetitions of the cells, and the links and delays of the runs that they are from.
func (r *Results) addPoints(cells []frame.Cell) {
	peaks := map[frame.Key]bool{}
	for _, c := range frame.Peaks(cells) {
		peaks[c.Key] = true
	}
	seen := map[string]bool{}
	for _, c := range cells {
		keys := where{
			"figure": cmp.Or(c.Figure, noFigure), "sizes": cmp.Or(c.Sizes.Distribution, oneSize), "protocol": c.FullName(), "op": c.Op, "t": float64(c.T),
			"KiB": float64(c.ValueBytes) / 1024, "clients": float64(c.Clients), "rate": c.Rate, "suite": c.Suite,
			"durability": c.Durability, "auth": frame.AuthOf(c), "attack": frame.AttackOf(c),
			"record": cmp.Or(c.Record, result.Everything), "owed": cmp.Or(c.Owed, result.Waited), "slow_server": frame.SlowServerOf(c), peak: peaks[c.Key],
		}
		operations := map[string]int64{}
		for _, p := range c.Valid {
			for _, of := range []string{latencies, services, slips} {
				operations[of] += p.Ops
			}
		}
		for _, p := range c.Valid {
			r.add("point", record{ID(p), keys, p.Repetition, ofPoint(p), operations, &c})
		}
		for _, p := range c.All() {
			r.add("history", record{id: ID(p), keys: keys, repetition: p.Repetition, fields: ofHistory(p)})
		}
		if run := c.Figure + " " + c.Set.Dir; !seen[run] {
			seen[run] = true
			tb := c.Set.Manifest.Testbed
			for _, l := range slices.Concat(tb.Before, tb.After) {
				r.add("link", record{id: c.Set.Dir, keys: keys, repetition: 1, fields: fieldsOf(l, nil)})
			}
			for _, d := range slices.Concat(tb.DelaysBefore, tb.DelaysAfter) {
				r.add("delay", record{id: c.Set.Dir, keys: keys, repetition: 1, fields: fieldsOf(d, nil)})
			}
		}
	}
}

// addLeads adds from which size on M-PoWerStore is ahead of others.
func (r *Results) addLeads(cells []frame.Cell) {
	for _, l := range frame.Leads(cells) {
		keys := where{"protocol": l.Under.Protocol, "op": l.Op, "t": float64(l.T)}
		id := fmt.Sprintf("lead/%s/%s/t%d", l.Under.Protocol, l.Op, l.T)
		r.add("lead", record{id: id, keys: keys, repetition: 1, fields: ofLead(l)})
	}
}

func (r *Results) add(kind string, x record) { r.records[kind] = append(r.records[kind], x) }

// addTrialsAndCosts refuses a trial, and a repetition of a cost, that two sets have.
func (r *Results) addTrialsAndCosts(sets []*result.Set) error {
	places := map[string]string{}
	add := func(kind string, s *result.Set, counts bool, x record) error {
		id := fmt.Sprintf("%s, repetition %d,", x.id, x.repetition)
		if first, again := places[id]; again {
			return fmt.Errorf("%s is in %s and in %s: give only one of the two", id, first, s.Dir)
		}
		places[id] = s.Dir
		if counts {
			r.add(kind, x)
		}
		return nil
	}
	for _, s := range sets {
		for _, t := range s.Trials {
			keys := where{"protocol": t.Protocol, "attack": t.Attack}
			operations := map[string]int64{"read_ms": t.Ops.Reads, "write_ms": t.Ops.Writes}
			x := record{id: TrialID(t), keys: keys, repetition: 1, fields: ofTrial(t), operations: operations}
			if err := add("trial", s, t.Skipped == "", x); err != nil {
				return err
			}
		}
		for _, c := range s.Costs {
			keys := where{"scheme": c.Scheme}
			if c.T > 0 { // a signature costs the same at any t
				keys["t"] = float64(c.T)
			}
			if c.Valid {
				x := record{id: CostID(c), keys: keys, repetition: c.Repetition, fields: ofCost(c)}
				if err := add("cost", s, true, x); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (r *Results) addVirtual(found result.Virtual) {
	for _, s := range found.Simulated {
		id := fmt.Sprintf("simulation/%s/%s/t%d", s.Protocol, s.Attack, s.T)
		keys := where{"protocol": s.Protocol, "attack": s.Attack, "t": float64(s.T)}
		r.add("simulation", record{id: id, keys: keys, repetition: 1, fields: ofSimulation(s)})
	}
	for _, e := range found.Explored {
		id := fmt.Sprintf("exploration/%s/%s/%s/t%d", e.Protocol, e.Scope, e.Menu, e.T)
		keys := where{"protocol": e.Protocol, "scope": e.Scope, "menu": e.Menu, "t": float64(e.T), "deviations": float64(e.Deviations)}
		r.add("exploration", record{id: id, keys: keys, repetition: 1, fields: ofExploration(e)})
	}
	for _, m := range found.Mutants {
		id := fmt.Sprintf("mutant/%s:%d", m.File, m.Line)
		r.add("mutant", record{id: id, keys: where{"protocol": m.Protocol, "file": m.File}, repetition: 1, fields: ofMutant(m)})
	}
	for _, h := range found.Hunts {
		made := map[bool]string{false: "on purpose", true: "by rule"}[h.ByRule]
		keys := where{"protocol": h.Protocol, "hunter": h.Hunter, "kind": h.Kind, "made": made}
		r.add("hunt", record{id: fmt.Sprintf("hunt/%s/%s", h.Mutant, h.Hunter), keys: keys, repetition: 1, fields: ofHunts(h)})
	}
}

// name names the record that w selects, as in "2b/mabd/read/t1/64KiB/c9/paper/write".
func (k kind) name(w where) string {
	form := map[string]string{"t": "t%v", "KiB": "%vKiB", "clients": "c%v", "rate": "r%v"}
	parts := slices.DeleteFunc([]string{k.path}, func(path string) bool { return path == "" })
	for _, key := range k.keys {
		if x, ok := w[key]; ok && x != 0.0 && x != result.NoAuth && x != result.Waited && x != oneSize {
			parts = append(parts, fmt.Sprintf(cmp.Or(form[key], "%v"), x))
		}
	}
	return strings.Join(parts, "/")
}

// whole is the field that this one is a share of, or empty.
func (k kind) whole(field string) string {
	of, _, dotted := strings.Cut(field, ".")
	if !dotted {
		return ""
	}
	return k.shares[of]
}

// estimate is a number that was measured once in each repetition.
func (k kind) estimate(records []record, field string, w where) (Quantity, error) {
	q := Quantity{samples: map[int]float64{}, scale: 1}
	for _, x := range records {
		n := x.fields[field]
		if of, share := percentile(field); share > 0 {
			q.Few = join(q.Few, x.few(field))
			q.geometric = x.cell != nil && of != slips
			n = x.worth(field)
		}
		q.samples[x.repetition] = n
		q.Points = join(q.Points, []string{x.id})
		if math.IsNaN(n) && len(q.Few) == 0 {
			return missing(field + " of " + k.name(w)), nil
		}
	}
	switch len(q.Points) {
	case 0:
		return missing(k.name(w)), nil
	case 1:
		return q, nil
	default:
		return q, fmt.Errorf("%s may be %s: name more options", k.name(w), list(q.Points))
	}
}

// count is the sum of counts, or the share of one sum in another, in percent.
func (k kind) count(records []record, field string, w where) Quantity {
	q, all := missing(field+" of "+k.name(w)), 0.0
	for _, x := range records {
		if few := x.few(field); len(few) > 0 {
			return Quantity{Few: few, Points: []string{x.id}}
		}
		if n := x.fields[field]; !math.IsNaN(n) {
			q = Quantity{exact: true, shift: q.shift + n, Points: join(q.Points, []string{x.id})}
			all += x.fields[k.whole(field)]
		}
	}
	switch {
	case len(records) == 0:
		return missing(k.name(w))
	case q.Known() && k.whole(field) != "":
		return q.by(Exact(all)).times(Exact(100))
	}
	return q
}
