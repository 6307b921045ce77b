package experiment

import (
	"regexp"

	"github.com/goccy/go-yaml/ast"
)

// Regions is a WAN of several places. Delays has a Delay for each pair of them, under "from-to"; where the opposite
// direction, "to-from", is not there, it is the same. Packets within a region are not delayed.
type Regions struct {
	Names  []string         `json:"names"`
	Delays map[string]Delay `json:"delays"`
}

// A name has no dash, which separates the names of a pair.
var regionPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9_]{0,31}$`)

// Region is the region of server host i, and of client host i, from 0: both take the regions in turn. It is empty if
// the testbed has none.
func (t Testbed) Region(i int) string {
	if len(t.Regions.Names) == 0 {
		return ""
	}
	return t.Regions.Names[i%len(t.Regions.Names)]
}

// Between is what NetEm does to packets from a host in one region to another host, in the same or another region.
// Without regions it is the same whatever their names; without NetEm, and within a region, it is the zero Delay.
func (t Testbed) Between(from, to string) Delay {
	if len(t.Regions.Names) == 0 {
		return t.Delay
	}
	return t.Regions.between(from, to)
}

func (r Regions) between(from, to string) Delay {
	if d, ok := r.Delays[pair(from, to)]; ok {
		return d
	}
	return r.Delays[pair(to, from)]
}

// pair is the key of the delay from one region to another.
func pair(from, to string) string { return from + "-" + to }

// regions reads regions, and replaces those that are there already.
func regions(to *Regions) value {
	return func(n ast.Node) error {
		var r Regions
		var delays ast.Node // read last: their keys are made of the names
		err := object(keys{
			"names":  list(&r.Names, regionName),
			"delays": func(n ast.Node) error { delays = n; return nil },
		})(n)
		switch {
		case err != nil:
			return err
		case len(r.Names) < 2 || len(r.Names) > maxRegions:
			return at(n, "must have from 2 to %d names, not %d", maxRegions, len(r.Names))
		case delays == nil:
			return at(n, "have no delays: add delays: {%s: {mean: 20ms}, …}", pair(r.Names[0], r.Names[1]))
		}
		*to = r
		return under("delays", to.readDelays(delays))
	}
}

func regionName(to *string) value {
	return pattern(to, regionPattern, "up to 32 small letters, digits and _, without a dash, which joins two regions")
}

// readDelays reads the delays of all pairs of regions, of which each needs one in at least one direction.
func (r *Regions) readDelays(n ast.Node) error {
	r.Delays = map[string]Delay{}
	known := keys{}
	for i, from := range r.Names {
		for _, to := range r.Names[i+1:] {
			for _, key := range []string{pair(from, to), pair(to, from)} {
				known[key] = func(n ast.Node) error {
					var d Delay
					err := delay(&d)(n)
					r.Delays[key] = d
					return err
				}
			}
		}
	}
	if err := object(known)(n); err != nil {
		return err
	}
	for i, from := range r.Names {
		for _, to := range r.Names[i+1:] {
			if r.between(from, to) == (Delay{}) {
				return at(n, "none for %[1]s: add one such as %[1]s: {mean: 20ms}", pair(from, to))
			}
		}
	}
	return nil
}
