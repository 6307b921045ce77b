package tables

import (
	"fmt"
	"strconv"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/caption"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/stat"
)

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

// costTables are the paper's Table 1 as measured, and the costs at every t; none without costs.
func costTables(sets []*result.Set) (Tables, error) {
	cells, err := frame.Costs(sets)
	if len(cells) == 0 || err != nil {
		return nil, err
	}
	return Tables{table1(cells), everyT(cells)}, nil
}

// A cost is one operation of one scheme.
type cost struct {
	scheme string
	side   frame.Side
	cells  frame.CostCells
}

// table1 has a row per operation and scheme: its time at the ends of t, and how it grows, beside what the paper says.
func table1(cells frame.CostCells) Table {
	ends := cells.Thresholds()
	if len(ends) > 2 {
		ends = []int{ends[0], ends[len(ends)-1]}
	}
	columns := []column[cost]{
		{head: "bits", of: func(c cost) string { return strconv.Itoa(c.cells[0].Bits) }},
		{head: "scheme", of: func(c cost) string { return c.scheme }},
		{head: "operation", of: func(c cost) string { return c.side.Name }},
		{head: "the paper's Table 1", of: func(c cost) string { return stat.OrDash(c.side.Paper(frame.SchemeOf(c.scheme))) }},
	}
	for _, end := range ends {
		columns = append(columns, column[cost]{head: fmt.Sprintf("µs, t = %d", end), of: func(c cost) string {
			return microseconds(cells.At(c.scheme, end), c.side)
		}})
	}
	columns = append(columns, column[cost]{head: "grows as", of: func(c cost) string { return power(c.cells.TimeGrowth(c.side)) }})
	for _, end := range ends {
		columns = append(columns, column[cost]{head: fmt.Sprintf("multiplications, t = %d", end), of: func(c cost) string {
			return stat.OrWhole(cells.At(c.scheme, end).Multiplications(c.side))
		}})
	}
	columns = append(columns, column[cost]{head: "grow as", of: func(c cost) string { return power(c.cells.CountGrowth(c.side)) }})
	var rows []cost
	for _, id := range cells.Schemes() {
		for _, s := range frame.Sides {
			rows = append(rows, cost{id, s, cells.Of(id)})
		}
	}
	t := tabulate("Table 1: costs of proofs of writing and of signatures", columns, rows,
		table1Note, countNote, cells[0].Set.Dir+": "+caption.CostCircumstances(cells))
	t.Notes = append(t.Notes, caption.CostsLeftOut(cells)...)
	return t
}

func microseconds(c frame.CostCell, s frame.Side) string {
	return c.Spent(s, func(s result.Spent) float64 { return s.Ns / 1e3 }).String()
}

// power formats an exponent of t.
func power(e stat.Estimate) string {
	if !e.Known() {
		return stat.Missing
	}
	return "t^(" + e.String() + ")"
}

// everyT has a row for each scheme and t.
func everyT(cells frame.CostCells) Table {
	ifT := func(c frame.CostCell, n int) string {
		if c.T == 0 {
			return stat.Missing
		}
		return strconv.Itoa(n)
	}
	columns := []column[frame.CostCell]{
		{head: "bits", of: func(c frame.CostCell) string { return strconv.Itoa(c.Bits) }},
		{head: "scheme", of: func(c frame.CostCell) string { return c.Scheme }},
		{head: "t", of: func(c frame.CostCell) string { return ifT(c, c.T) }},
		{head: "S", of: func(c frame.CostCell) string { return ifT(c, c.All()[0].Servers) }},
		{head: "n valid", of: func(c frame.CostCell) string { return fmt.Sprintf("%d/%d", len(c.Valid), len(c.All())) }},
	}
	for _, s := range frame.Sides {
		whole := func(of func(result.Spent) float64) func(frame.CostCell) string {
			return func(c frame.CostCell) string { return stat.OrWhole(c.Spent(s, of).Mean) }
		}
		columns = append(columns, []column[frame.CostCell]{
			{head: s.Name + " µs", of: func(c frame.CostCell) string { return microseconds(c, s) }},
			{head: "allocations", of: whole(func(s result.Spent) float64 { return s.Allocs })},
			{head: "bytes", of: whole(func(s result.Spent) float64 { return s.Bytes })},
			{head: "multiplications", of: func(c frame.CostCell) string { return stat.OrWhole(c.Multiplications(s)) }},
		}...)
	}
	t := tabulate("Costs at every t", columns, cells,
		"Allocations and bytes: of one operation, mean over the repetitions, rounded.")
	for _, c := range cells {
		t.Costs = append(t.Costs, c.All())
	}
	return t
}
