package history

import (
	"cmp"
	"slices"
	"sort"

	"github.com/powbench/powbench/harness/result"
)

// Zones checks a history by its values and times alone, in O(n log n): the algorithm of Gibbons and Korach (Testing
// shared memories, SIAM J. Comput. 26(4), 1997) for registers whose values are unique.
//
// In any linear order, the operations of one value stand together: its write, then its reads. Of a value let f be the
// instant when the first of its operations had ended, and s that when the last of them started. Value x must come
// before value y if some operation of x ended before one of y started, that is if f(x) < s(y). The history is
// linearizable if and only if no read ended before the write of its value started, and no two values must each come
// before the other. (Pairs suffice: in a cycle x1 → x2 → … → xn → x1 without a shorter one, x(i+1) need not come before
// x(i), so s(x(i)) ≤ f(x(i+1)) < s(x(i+2)) for all i around the cycle, which is absurd.)
//
// With f < s the value occupies all of the forward zone [f, s]; otherwise it needs one instant of the backward zone
// [s, f]. So two values conflict if two forward zones overlap in more than an instant, or a backward zone lies inside
// a forward zone without touching its ends; backward zones never conflict. The zone of ⊥ begins before all time.
func Zones(entries []Entry) Report { return judge(zoneChecker, entries, clustered(checkZones)) }

// zone is where in time a value lives.
type zone struct {
	*cluster
	first, last *Entry // the operations that ended first and that started last; nil for the write of ⊥
	f, s        int64  // the end of first and the start of last, in ns; beforeAll for the write of ⊥
}

// beforeAll is an instant before every operation.
const beforeAll = int64(-1)

func checkZones(clusters []*cluster) *finding {
	var forward, backward []zone
	for _, c := range clusters {
		z, f := zoneOf(c)
		switch {
		case f != nil:
			return f
		case z.f < z.s:
			forward = append(forward, z)
		default:
			backward = append(backward, z)
		}
	}
	slices.SortFunc(forward, func(a, b zone) int { return cmp.Compare(a.f, b.f) })
	for i := 1; i < len(forward); i++ {
		if forward[i-1].conflicts(forward[i]) {
			return contradiction(forward[i-1], forward[i])
		}
	}
	// Forward zones now follow each other: only the last that begins before a backward zone can hold it.
	for _, b := range backward {
		i := sort.Search(len(forward), func(i int) bool { return forward[i].f >= b.s }) - 1
		if i >= 0 && forward[i].conflicts(b) {
			return contradiction(forward[i], b)
		}
	}
	return nil
}

// zoneOf computes a cluster's zone, or finds a read that ended before its write started.
func zoneOf(c *cluster) (zone, *finding) {
	z := zone{cluster: c, f: beforeAll, s: beforeAll}
	if c.write != nil {
		z.first, z.last, z.f, z.s = c.write, c.write, c.write.End, c.write.Start
	}
	for _, r := range c.reads {
		if c.write != nil && r.before(c.write) {
			return z, found(result.Violation, []*Entry{r, c.write}, "%s returned %s and ended before %s of it started",
				r.name(), c.value(), c.write.name())
		}
		if r.End < z.f {
			z.first, z.f = r, r.End
		}
		if r.Start > z.s {
			z.last, z.s = r, r.Start
		}
	}
	return z, nil
}

// conflicts reports whether each of two values must come before the other.
func (z zone) conflicts(o zone) bool { return z.f < o.s && o.f < z.s }

// contradiction explains why two values conflict.
func contradiction(x, y zone) *finding {
	if x.first == nil {
		return found(result.Violation, []*Entry{y.first, x.last}, "%s returned ⊥, but %s of %s had ended before it started",
			x.last.name(), y.first.name(), y.value())
	}
	return found(result.Violation, []*Entry{x.first, y.last, y.first, x.last},
		"%s must come before %s, as %s ended before %s started, and after it, as %s ended before %s started",
		x.value(), y.value(), x.first.name(), y.last.name(), y.first.name(), x.last.name())
}
