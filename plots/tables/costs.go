package tables

import (
	"fmt"
	"strconv"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/caption"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/look"
	"github.com/powbench/powbench/plots/stat"
)

// costTables are the paper's Table 1 as measured, and the costs at every t; none without costs.
func costTables(sets []*result.Set) (Tables, error) {
	t, err := frame.CostsOf(sets)
	if t == nil || err != nil {
		return nil, err
	}
	return Tables{table1(t), everyT(t)}, nil
}

// table1 has a row for each operation of each scheme: its time at the ends of t, and how it grows, beside what the
// paper says.
func table1(t *frame.CostTable) Table {
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
	for _, id := range t.Schemes() {
		for _, s := range frame.Sides {
			table.Rows = append(table.Rows, costRow(t, id, s, ends))
		}
	}
	table.Notes = append([]string{table1Note, countNote, t.Set.Dir + ": " + caption.CostCircumstances(t)}, caption.CostsLeftOut(t)...)
	return table
}

// ends are the smallest and the largest t, if any.
func ends(t *frame.CostTable) []int {
	all := t.Thresholds()
	if len(all) < 2 {
		return all
	}
	return []int{all[0], all[len(all)-1]}
}

// costRow is one operation of one scheme.
func costRow(t *frame.CostTable, id string, s frame.Side, ends []int) []string {
	cells := t.Of(id)
	row := []string{strconv.Itoa(cells[0].Bits), id, s.Name, stat.OrDash(s.Paper(look.SchemeOf(id)))}
	for _, end := range ends {
		row = append(row, t.At(id, end).Estimate(s, frame.Microseconds).String())
	}
	row = append(row, power(frame.TimeGrowth(cells, s)))
	for _, end := range ends {
		row = append(row, stat.OrWhole(t.At(id, end).Multiplications(s)))
	}
	return append(row, power(frame.CountGrowth(cells, s)))
}

// power formats an exponent of t.
func power(e stat.Estimate) string {
	if !e.Known() {
		return stat.Missing
	}
	return "t^(" + e.String() + ")"
}

// everyT has a row for each scheme and t.
func everyT(t *frame.CostTable) Table {
	table := Table{Title: "Costs at every t", Header: []string{"bits", "scheme", "t", "S", "n valid"}}
	for _, s := range frame.Sides {
		table.Header = append(table.Header, s.Name+" µs", "allocations", "bytes", "multiplications")
	}
	for _, c := range t.Cells {
		row := []string{strconv.Itoa(c.Bits), c.Scheme, stat.Missing, stat.Missing}
		if c.T > 0 {
			row[2], row[3] = strconv.Itoa(c.T), strconv.Itoa(c.All()[0].Servers)
		}
		row = append(row, fmt.Sprintf("%d/%d", len(c.Valid), len(c.All())))
		for _, s := range frame.Sides {
			row = append(row, c.Estimate(s, frame.Microseconds).String(), stat.OrWhole(c.Estimate(s, frame.Allocations).Mean),
				stat.OrWhole(c.Estimate(s, frame.AllocatedBytes).Mean), stat.OrWhole(c.Multiplications(s)))
		}
		table.Rows, table.Costs = append(table.Rows, row), append(table.Costs, c.All())
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
