package gv

import (
	"bytes"
	"slices"

	"github.com/powbench/powbench/protocols"
)

// evidence is what the servers have told a READ, and what follows from it.
type evidence struct {
	params
	look  []*View            // the reply to LOOK, by server
	views [][]*View          // all replies, by server
	told  map[uint64][]voice // what was told of values, by number

	least  uint64             // the READ returns no lower number
	nums   []uint64           // the numbers of the candidates, the highest first
	claims map[uint64][]claim // the candidates of a number
}

// voice is what a server that was asked for a value told: the value, or that it has none.
type voice struct {
	server int
	value  []byte
	has    bool
}

// claim is a candidate: a server has told that the number was written into the owner's register, with T.
type claim struct {
	owner uint64
	marks []Mark
}

func newEvidence(p params) evidence {
	return evidence{
		params: p, look: make([]*View, p.is.Servers), views: make([][]*View, p.is.Servers),
		told: map[uint64][]voice{}, claims: map[uint64][]claim{},
	}
}

// hear takes a server's view, with the values that it was asked for. It is false if a correct server would not tell so.
func (e *evidence) hear(server int, v *View, payload []byte, asked []uint64) bool {
	if slices.ContainsFunc(v.Parts, func(p Part) bool { return !slices.Contains(asked, p.Num) }) {
		return false
	}
	e.views[server] = append(e.views[server], v)
	for _, num := range asked {
		e.note(num, voice{server: server})
	}
	for _, part := range v.Parts {
		e.note(part.Num, voice{server: server, value: payload[:part.Length:part.Length], has: true})
		payload = payload[part.Length:]
	}
	return true
}

// note keeps what a server told of a number's value: the first value that it has.
func (e *evidence) note(num uint64, v voice) {
	i := slices.IndexFunc(e.told[num], func(o voice) bool { return o.server == v.server })
	if i < 0 {
		e.told[num] = append(e.told[num], v)
	} else if !e.told[num][i].has {
		e.told[num][i] = v
	}
}

// agreed finds replies to LOOK of a quorum that may all be true: no two are in conflict, none has forgotten what the READ may
// have to return, and none is far ahead of t+1 of them (U3). It returns none if there are no such. Correct servers never
// conflict with each other, so of two that do it tries without either.
func (e *evidence) agreed(servers []int) []int {
	if len(servers) < e.is.Quorum {
		return nil
	}
	for at, i := range servers {
		for _, k := range servers[at:] {
			if !e.conflict(i, k) {
				continue
			}
			if rest := e.agreed(without(servers, i)); rest != nil || i == k {
				return rest
			}
			return e.agreed(without(servers, k))
		}
	}
	least := e.leastOf(servers)
	for _, i := range servers {
		if v := e.look[i]; v.Forgot > least || v.Registers.Top() > least+e.window {
			return e.agreed(without(servers, i))
		}
	}
	return servers
}

func without(servers []int, server int) []int {
	return slices.DeleteFunc(slices.Clone(servers), func(i int) bool { return i == server })
}

// conflict reports whether one of the servers lies: one tells that the writer heard from the other of a round of this READ that
// has not begun. Of a server alone it reports whether it contradicts itself.
func (e *evidence) conflict(i, k int) bool {
	return accuses(e.look[i], uint64(k)) || accuses(e.look[k], uint64(i))
}

func accuses(v *View, server uint64) bool {
	for _, r := range v.Registers {
		for _, s := range r.Spans {
			if slices.ContainsFunc(s.Marks, func(m Mark) bool { return m.Server == server }) {
				return true
			}
		}
	}
	return false
}

// leastOf is the number that the READ returns at least: t+1 of the servers tell of it or of a higher one, so that a correct
// server does, and what that server tells first will be confirmed.
func (e *evidence) leastOf(servers []int) uint64 {
	var tops []uint64
	for _, i := range servers {
		tops = append(tops, e.look[i].Registers.Top())
	}
	slices.Sort(tops)
	return tops[len(tops)-1-e.t]
}

// adopt makes candidates of all that the servers told of the least number and higher ones.
func (e *evidence) adopt(servers []int) {
	e.least = e.leastOf(servers)
	for _, i := range servers {
		for _, r := range e.look[i].Registers {
			for _, s := range r.Spans {
				for num := max(s.From, e.least, 1); num <= s.To; num++ {
					e.claim(num, claim{r.Owner, s.Marks})
				}
			}
		}
	}
	for num := range e.claims {
		e.nums = append(e.nums, num)
	}
	slices.Sort(e.nums)
	slices.Reverse(e.nums)
}

func (e *evidence) claim(num uint64, c claim) {
	if !slices.ContainsFunc(e.claims[num], func(o claim) bool { return o.owner == c.owner && slices.Equal(o.marks, c.marks) }) {
		e.claims[num] = append(e.claims[num], c)
	}
}

// confirmed is the value that t+1 servers have told of the number, so that a correct one has it.
func (e *evidence) confirmed(num uint64) (value []byte, found bool) {
	for _, v := range e.told[num] {
		same := 0
		for _, o := range e.told[num] {
			if o.same(v) {
				same++
			}
		}
		if same > e.t {
			return v.value, true
		}
	}
	return nil, false
}

// same reports whether both have a value, and the same one.
func (v voice) same(o voice) bool { return v.has && o.has && bytes.Equal(v.value, o.value) }

// removed reports whether 2t+1 servers deny each candidate of the number, whatever its value: then no WRITE of it was
// complete when the READ began.
func (e *evidence) removed(num uint64) bool {
	values := slices.DeleteFunc(slices.Clone(e.told[num]), func(v voice) bool { return !v.has })
	if len(values) == 0 {
		values = []voice{{}}
	}
	return !slices.ContainsFunc(e.claims[num], func(c claim) bool {
		return slices.ContainsFunc(values, func(v voice) bool { return e.deniers(num, c, v) < e.is.Quorum })
	})
}

// deniers counts the servers one of whose replies denies the candidate, or that have told another value or none.
func (e *evidence) deniers(num uint64, c claim, value voice) int {
	deny := make([]bool, e.is.Servers)
	for server, views := range e.views {
		deny[server] = slices.ContainsFunc(views, func(v *View) bool { return v.denies(num, c) })
	}
	for _, v := range e.told[num] {
		deny[v.server] = deny[v.server] || !v.same(value)
	}
	return protocols.Count(deny)
}

// denies reports whether the view lacks what the candidate claims. What the server has forgotten it does not deny.
func (v *View) denies(num uint64, c claim) bool {
	s, found := v.Registers.Of(c.owner, num)
	return num > v.Forgot && (!found || !slices.Equal(s.Marks, c.marks))
}

// holders counts the servers that have told that the number is written into the register.
func (e *evidence) holders(owner, num uint64) int {
	holds := make([]bool, e.is.Servers)
	for server, views := range e.views {
		holds[server] = slices.ContainsFunc(views, func(v *View) bool { _, found := v.Registers.Of(owner, num); return found })
	}
	return protocols.Count(holds)
}

// maxWant is how many numbers a SHOW asks the values of, besides the highest that each server told.
const maxWant = 16

// wanted is the numbers whose values SHOW asks for: of those above the highest that is confirmed, what the servers told first,
// and then the highest.
func (e *evidence) wanted(servers []int) (nums []uint64) {
	tops := map[uint64]bool{}
	for _, i := range servers {
		tops[e.look[i].Registers.Top()] = true
	}
	more := 0
	for _, num := range e.nums {
		if _, known := e.confirmed(num); known {
			break
		}
		if !tops[num] {
			if more++; more > maxWant {
				continue
			}
		}
		nums = append(nums, num)
	}
	return nums
}
