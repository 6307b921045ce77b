package caption

import (
	"fmt"
	"slices"
	"strings"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/stat"
)

// load describes what is unlike the paper in the load of the cells; it is empty if nothing is.
func load(cells []frame.Cell) []string {
	var lines []string
	hot, share := false, 0.0
	for _, c := range cells {
		hot = hot || c.Hot()
		share = max(share, c.Background())
	}
	if hot {
		lines = append(lines, "Hot keys: all clients use one key with some probability, otherwise each its own.")
	}
	if share > 0 {
		lines = append(lines, "READs beside a writer, whose traffic was at most "+stat.Percent(share)+" of all bytes.")
	}
	return append(lines, openLoad(cells)...)
}

var arrivalNames = map[string]string{result.Poisson: "Poisson arrivals", result.Fixed: "evenly spaced arrivals"}

// openLoad describes the open loops among the cells; it is empty if there is none.
func openLoad(cells []frame.Cell) []string {
	cells = frame.Keep(cells, frame.IsOpen)
	if len(cells) == 0 {
		return nil
	}
	var pools []string
	for _, n := range frame.Distinct(cells, func(c frame.Cell) int { return c.Clients }) {
		pools = append(pools, stat.Count(n, "client"))
	}
	rates := frame.Distinct(cells, func(c frame.Cell) float64 { return c.Rate })
	return []string{fmt.Sprintf("Open loop: %s at %g to %g/s, whether or not earlier operations have ended, taken by %s.",
		strings.Join(frame.Distinct(cells, func(c frame.Cell) string { return arrivalNames[c.Arrival] }), " and "),
		slices.Min(rates), slices.Max(rates), strings.Join(pools, " or "))}
}
