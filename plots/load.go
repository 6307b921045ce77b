package plots

import (
	"cmp"
	"slices"

	"github.com/powbench/powbench/harness/result"
)

// load describes what is unlike the paper in the load of the cells; it is empty if nothing is.
func load(cells []Cell) []string {
	var lines []string
	hot, share := false, 0.0
	for _, c := range cells {
		hot = hot || c.hot()
		share = max(share, c.background())
	}
	if hot {
		lines = append(lines, "Hot keys: all clients use one key with some probability, otherwise each its own.")
	}
	if share > 0 {
		lines = append(lines, "READs beside a writer, whose traffic was at most "+percent(share)+" of all bytes.")
	}
	return append(lines, openLoad(cells)...)
}

const uniform = "uniform"

// keyModel is how the clients of a point draw keys.
func keyModel(p result.Point) string { return cmp.Or(p.KeyModel, uniform) }

// hot reports whether some repetition drew keys in another way than uniformly.
func (c Cell) hot() bool {
	return slices.ContainsFunc(c.All(), func(p result.Point) bool { return keyModel(p) != uniform })
}

// background is the largest share of all bytes that the writer beside READs took in a repetition.
func (c Cell) background() float64 {
	share := 0.0
	for _, p := range c.All() {
		share = max(share, p.Background.Share)
	}
	return share
}
