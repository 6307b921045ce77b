package experiment

import (
	"slices"
	"sync"

	"github.com/goccy/go-yaml/ast"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols/byzantine"
	"github.com/powbench/powbench/protocols/catalog"
)

// everyAttack stands in a file for none, and every attack that a load may be under.
const everyAttack = "all"

// loadAttacks are the attacks that a load may be under, by their ID: t servers attack from its beginning to its end. Of those
// that take place at times, as when writers die, no throughput could be told.
var loadAttacks = sync.OnceValue(func() []byzantine.Attack {
	return slices.DeleteFunc(catalog.Attacks(), func(a byzantine.Attack) bool {
		return a.Server == nil || a.Liars > 0 || a.Virtual || a.Reader != nil || a.Writer != nil || a.Condition != (byzantine.Condition{})
	})
})

// attackIDs are what a list of attacks may hold.
func attackIDs() []string {
	ids := []string{result.FaultFree}
	for _, a := range loadAttacks() {
		ids = append(ids, a.ID)
	}
	return ids
}

// attacks reads the attacks.
func attacks(to *result.List[string]) value {
	return func(n ast.Node) error {
		if s, err := text(n); err == nil && s == everyAttack {
			*to = attackIDs()
			return nil
		}
		return oneOrList(to, func(to *string) value { return oneOf(to, attackIDs()...) })(n)
	}
}

// Withstands reports whether the series is to withstand the attack that it is under: others are not measured.
func Withstands(s result.Series) bool {
	if s.Attack == "" {
		return true
	}
	p, err := catalog.ByName(s.FullName())
	if err != nil || s.PebbleAlone() {
		return false
	}
	i := slices.IndexFunc(loadAttacks(), func(a byzantine.Attack) bool { return a.ID == s.Attack })
	return i >= 0 && loadAttacks()[i].Expected(p).Code() == string(result.Withstand)
}

// Cells lists the points of the experiment: those of its plan, except that no protocol is measured under an attack that it is not
// to withstand.
func (s *Settings) Cells() []result.Cell {
	return slices.DeleteFunc(s.Plan.Cells(), func(c result.Cell) bool { return !Withstands(c.Series) })
}

// checkAttacks refuses an attack that no protocol of the file is to withstand.
func (s *Settings) checkAttacks(n ast.Node) error {
	for _, attack := range s.Attack {
		under := func(c result.Cell) bool { return c.Attack == attack }
		if attack != result.FaultFree && slices.ContainsFunc(s.Plan.Cells(), under) && !slices.ContainsFunc(s.Cells(), under) {
			return at(place(n, "attack"), "attack %s has no target in these protocols, or is beyond what they are to withstand: remove it", attack)
		}
	}
	return nil
}
