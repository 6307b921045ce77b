// Package frame gathers what result sets hold by what was measured: points and costs into cells of repetitions, and trials.
// It refuses what no figure or table could show truthfully, and pairs, compares and counts what belongs together.
//
// It imports stat and harness/result; caption, figures, tables, sink and query import it.
package frame

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/stat"
)

// Runs are the repetitions of one measurement: points, or costs.
type Runs[R any] struct {
	Set     *result.Set // the one run of an experiment that they all come from
	Valid   []R         // in the order of their repetitions
	Invalid []R         // left out of every estimate
}

// All is every repetition, the valid ones first.
func (r Runs[R]) All() []R { return slices.Concat(r.Valid, r.Invalid) }

// Values are a quantity of the valid repetitions.
func (r Runs[R]) Values(of func(R) float64) []float64 {
	x := make([]float64, len(r.Valid))
	for i, v := range r.Valid {
		x[i] = of(v)
	}
	return x
}

// Estimate estimates a quantity from the valid repetitions.
func (r Runs[R]) Estimate(of func(R) float64) stat.Estimate { return stat.NewEstimate(r.Values(of)) }

// Mean is the mean over the valid repetitions, or 0 without any.
func (r Runs[R]) Mean(of func(R) float64) float64 { return r.Estimate(of).Mean }

// A repetition is one line of a result set: lines that share the key are repetitions of one measurement.
type repetition[K comparable] struct {
	key    K
	name   string // of the measurement, for error messages
	number int
	valid  bool
}

// gather groups lines of the sets. It refuses one measurement in two sets, because their circumstances differ, and what of
// refuses.
func gather[K comparable, R any](
	sets []*result.Set, file string, lines func(*result.Set) []R, of func(R) (repetition[K], error),
) (map[K]*Runs[R], error) {
	cells := map[K]*Runs[R]{}
	numbers := map[K][]int{}
	for _, s := range sets {
		for i, line := range lines(s) {
			r, err := of(line)
			if cells[r.key] == nil {
				cells[r.key] = &Runs[R]{Set: s}
			}
			c := cells[r.key]
			at, again := slices.BinarySearch(numbers[r.key], r.number)
			switch {
			case err != nil:
			case c.Set != s:
				err = fmt.Errorf("%s was also measured in %s: give only one of the two runs", r.name, c.Set.Dir)
			case !r.valid:
				c.Invalid = append(c.Invalid, line)
			case again:
				err = fmt.Errorf("a second valid point for repetition %d of %s: remove one of the two lines", r.number, r.name)
			default:
				numbers[r.key], c.Valid = slices.Insert(numbers[r.key], at, r.number), slices.Insert(c.Valid, at, line)
			}
			if err != nil {
				return nil, fmt.Errorf("%s:%d: %w", filepath.Join(s.Dir, file), i+1, err)
			}
		}
	}
	return cells, nil
}

// Keep is those that fit.
func Keep[T any](all []T, fits func(T) bool) []T {
	return slices.DeleteFunc(slices.Clone(all), func(x T) bool { return !fits(x) })
}

// Find is the first that fits, or the zero T.
func Find[T any](all []T, fits func(T) bool) (found T) {
	if i := slices.IndexFunc(all, fits); i >= 0 {
		found = all[i]
	}
	return found
}

// Each is the distinct answers of all, in their order.
func Each[T any, A comparable](all []T, of func(T) A) (answers []A) {
	for _, x := range all {
		answers = AppendNew(answers, of(x))
	}
	return answers
}

// Distinct is the distinct answers of all, sorted.
func Distinct[T any, A cmp.Ordered](all []T, of func(T) A) []A {
	return slices.Sorted(slices.Values(Each(all, of)))
}

// AppendNew appends what s lacks.
func AppendNew[T comparable](s []T, more ...T) []T {
	for _, x := range more {
		if !slices.Contains(s, x) {
			s = append(s, x)
		}
	}
	return s
}

// A System is a protocol in one of its variants, in some set-up.
type System struct {
	result.System        // its titles and orders are those of the first manifest that has the protocol
	SetUp         string // such as ", modern suite"; empty if it is the usual one
}

// variantNames say in a few words what a variant does differently.
var variantNames = map[string]string{
	"replicated-signed": "replicated and signed",
	"replicated":        "without erasure coding",
	"signed":            "signed",
	"polynomial":        "polynomial proofs",
	"fp":                "with fingerprints",
	"bounded":           "bounded history",
	"lean":              "t+1 fragments",
	"unanimous":         "write-back if needed",
	"metadata-first":    "metadata first",
	"targeted":          "quorum only",
	"ed25519":           "Ed25519",
	"rsa":               "RSA",
	"mpowerstore":       "as M-PoWerStore", // of the null protocol
	"mabd":              "as M-ABD",
	"phalanx":           "as Phalanx",
	"cas":               "as CAS",
}

// Name is the system's in figures, such as "M-PoWerStore, signed".
func (s System) Name() string {
	name := s.Title
	if s.Variant != result.Paper {
		name += ", " + cmp.Or(variantNames[s.Variant], s.Variant)
	}
	return name + s.SetUp
}

// Plain is the system without its set-up.
func (s System) Plain() System {
	s.SetUp = ""
	return s
}

// Compare sorts by protocol, each protocol's own variant first.
func (s System) Compare(o System) int {
	own := func(s System) int {
		if s.Variant == result.Paper {
			return 0
		}
		return 1
	}
	return cmp.Or(s.compareProtocol(o), cmp.Compare(own(s), own(o)), cmp.Compare(s.Variant, o.Variant),
		cmp.Compare(s.SetUp, o.SetUp))
}

func (s System) compareProtocol(o System) int {
	return cmp.Or(cmp.Compare(s.Order, o.Order), cmp.Compare(s.Protocol, o.Protocol))
}

// systems returns the systems of some sets, by protocol.
type systems map[string]result.System

// systemsOf takes them from the manifests; where two differ, the first counts. No two have the same place.
func systemsOf(sets []*result.Set) systems {
	all := systems{}
	for _, s := range sets {
		for _, system := range s.Manifest.Systems {
			if _, had := all[system.Protocol]; !had {
				all[system.Protocol] = system
			}
		}
	}
	place := 0
	for _, system := range slices.SortedFunc(maps.Values(all), func(a, b result.System) int {
		return System{System: a}.compareProtocol(System{System: b})
	}) {
		place = max(place+1, system.Order)
		system.Order = place
		all[system.Protocol] = system
	}
	return all
}

// of is a system with title and order. A protocol that no manifest knows has its own name and comes last.
func (all systems) of(protocol, variant string) System {
	s, known := all[protocol]
	if !known {
		s = result.System{Protocol: protocol, Title: protocol, Order: math.MaxInt}
	}
	s.Variant = variant
	return System{System: s}
}

// A Cause is one of the differences between Phalanx and M-PoWerStore, that M-PoWerStore's gain is made of.
type Cause struct {
	Protocol, Variant string
	Step              string // what it adds to the cause before
}

// Causes leads from Phalanx to M-PoWerStore, one cause of the gain after the other.
var Causes = []Cause{
	{"phalanx", result.Paper, "data write-back"},
	{"mpowerstore", "replicated-signed", "metadata write-back"},
	{"mpowerstore", "signed", "+ erasure coding"},
	{"mpowerstore", result.Paper, "+ MACs for signatures"},
}

// Is reports whether the system is the cause's, in the usual set-up.
func (c Cause) Is(s System) bool {
	return s.Protocol == c.Protocol && s.Variant == c.Variant && s.SetUp == ""
}
