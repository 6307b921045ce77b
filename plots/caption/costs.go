package caption

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/stat"
)

func CostCaption(t *frame.CostTable) Caption {
	var c Caption
	c.Lines = append(c.Lines, "Geometric mean and 95 % confidence interval (Student's t) of the repetitions' CPU "+
		"times, on one processor. Construct: by the writer, for all S = 3t+1 servers; verify: by one server. Lines across: signatures. "+
		"Proofs with SHA-1 are in the table alone.")
	c.Lines = append(c.Lines, CostCircumstances(t))
	c.Lines = append(c.Lines, CostsLeftOut(t)...)
	return c
}

// CostCircumstances say what was measured where.
func CostCircumstances(t *frame.CostTable) string {
	return fmt.Sprintf("Message of %s; %s; %s", stat.Count(t.Set.Costs[0].MessageBytes, "byte"),
		cmp.Or(t.Set.Manifest.Machine.CPU, "unknown processor"), trialVersion(t.Set))
}

// CostsLeftOut says how many measurements were disturbed.
func CostsLeftOut(t *frame.CostTable) []string {
	valid, invalid := 0, 0
	var without []string
	for _, c := range t.Cells {
		valid, invalid = valid+len(c.Valid), invalid+len(c.Invalid)
		if len(c.Valid) == 0 {
			without = append(without, fmt.Sprintf("%s at t = %d", c.Scheme, c.T))
		}
	}
	var lines []string
	if invalid > 0 {
		lines = append(lines, fmt.Sprintf("Left out: %d of %d measurements, which the hypervisor disturbed.", invalid,
			valid+invalid))
	}
	if len(without) > 0 {
		lines = append(lines, fmt.Sprintf("Missing, without an undisturbed measurement: %s.", strings.Join(without, "; ")))
	}
	return lines
}
