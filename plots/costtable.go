package plots

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/powbench/powbench/harness/result"
)

// costTables are the paper's Table 1 as measured, and the costs at every t; none without costs.
func costTables(sets []*result.Set) (Tables, error) {
	t, err := costsOf(sets)
	if t == nil || err != nil {
		return nil, err
	}
	return Tables{table1(t), everyT(t)}, nil
}

// table1 has a row for each operation of each scheme: its time at the ends of t, and how it grows, beside what the
// paper says.
func table1(t *costTable) Table {
	ends := ends(t)
	table := Table{Title: "Table 1: costs of proofs of writing and of signatures", Header: []string{
		"bits", "scheme", "operation", "the paper's Table 1",
	}}
	for _, end := range ends {
		table.Header = append(table.Header, fmt.Sprintf("µs, t = %d", end))
	}
	table.Header = append(table.Header, "grows as")
	for _, end := range ends {
		table.Header = append(table.Header, fmt.Sprintf("multiplications, t = %d", end))
	}
	table.Header = append(table.Header, "grow as")
	for _, id := range t.schemes() {
		for _, s := range sides {
			table.Rows = append(table.Rows, costRow(t, id, s, ends))
		}
	}
	table.Notes = append([]string{table1Note, countNote, t.set.Dir + ": " + costCircumstances(t)}, costsLeftOut(t)...)
	return table
}

// ends are the smallest and the largest t, if any.
func ends(t *costTable) []int {
	all := t.thresholds()
	if len(all) < 2 {
		return all
	}
	return []int{all[0], all[len(all)-1]}
}

// costRow is one operation of one scheme.
func costRow(t *costTable, id string, s side, ends []int) []string {
	cells := t.of(id)
	row := []string{strconv.Itoa(cells[0].bits), id, s.name, orDash(s.paper(schemeOf(id)))}
	for _, end := range ends {
		row = append(row, t.at(id, end).estimate(s, microseconds).String())
	}
	row = append(row, power(timeGrowth(cells, s)))
	for _, end := range ends {
		row = append(row, orWhole(t.at(id, end).multiplications(s)))
	}
	return append(row, power(countGrowth(cells, s)))
}

// power formats an exponent of t.
func power(e Estimate) string {
	if !e.Known() {
		return missing
	}
	return "t^(" + e.String() + ")"
}

// orWhole formats a count that is 0 when it is not known.
func orWhole(x float64) string {
	if x == 0 {
		return missing
	}
	return strconv.FormatFloat(x, 'f', 0, 64)
}

// everyT has a row for each scheme and t.
func everyT(t *costTable) Table {
	table := Table{Title: "Costs at every t", Header: []string{"bits", "scheme", "t", "S", "n valid"}}
	for _, s := range sides {
		table.Header = append(table.Header, s.name+" µs", "allocations", "bytes", "multiplications")
	}
	for _, c := range t.cells {
		row := []string{strconv.Itoa(c.bits), c.scheme, missing, missing}
		if c.t > 0 {
			row[2], row[3] = strconv.Itoa(c.t), strconv.Itoa(c.all()[0].Servers)
		}
		row = append(row, fmt.Sprintf("%d/%d", len(c.valid), len(c.all())))
		for _, s := range sides {
			row = append(row, c.estimate(s, microseconds).String(), orWhole(c.estimate(s, allocations).Mean),
				orWhole(c.estimate(s, allocatedBytes).Mean), orWhole(c.multiplications(s)))
		}
		table.Rows, table.Costs = append(table.Rows, row), append(table.Costs, c.all())
	}
	table.Notes = []string{"Allocations and bytes: of one operation, mean over the repetitions, rounded."}
	return table
}

const table1Note = "Construct: what the writer does for all S = 3t+1 servers. Verify: what one server does. Keys are " +
	"made before. All in CPU time of one processor, mean ± half of the 95 % confidence interval (Student's t) over the " +
	"repetitions. Grows as: exponent of t by least squares on logarithms. Bits: security level by NIST SP 800-57. " +
	"hash-macs: with the MAC for each server that M-PoWerStore adds. polynomial-sealed: with the confidential channel, " +
	"AES-256-GCM, that the scheme needs."

const countNote = "Multiplications: modulo q = 2²⁵⁵ − 19, counted while they are done. The paper's O(t³) and O(t²) " +
	"hold only if its \"modular exponentiation\" means a modular multiplication, and each power of x is computed by itself " +
	"(naive): t(t+1)/2 multiplications a point, at 3t+1 points. By Horner's rule it is t a point: O(t²) to construct, " +
	"O(t) to verify. Over a short range of t, terms of lower order keep a fitted exponent below the one in O(·). Time " +
	"also goes into drawing random numbers and into memory, which grow as S."

// costCircumstances say what was measured where.
func costCircumstances(t *costTable) string {
	return fmt.Sprintf("Message of %s; %s; %s", count(t.set.Costs[0].MessageBytes, "byte"),
		cmp.Or(t.set.Manifest.Machine.CPU, "unknown processor"), trialVersion(t.set))
}

// costsLeftOut says how many measurements were disturbed.
func costsLeftOut(t *costTable) []string {
	valid, invalid := 0, 0
	var without []string
	for _, c := range t.cells {
		valid, invalid = valid+len(c.valid), invalid+len(c.invalid)
		if len(c.valid) == 0 {
			without = append(without, fmt.Sprintf("%s at t = %d", c.scheme, c.t))
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
