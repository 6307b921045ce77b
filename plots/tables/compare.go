package tables

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/caption"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/stat"
)

// Compare sets run B against run A, point by point: throughput, mean latency and its 99th percentile, each as B / A with
// its 95 % confidence interval and a verdict; the points of only one; and the circumstances that differ. It refuses sets
// without points.
func Compare(a, b *result.Set) (Tables, error) {
	inA, err := frame.PointsOf(a)
	if err != nil {
		return nil, err
	}
	inB, err := frame.PointsOf(b)
	if err != nil {
		return nil, err
	}
	couples, onlyA, onlyB := frame.Match(inA, inB)
	tables := changeTables(couples)
	if len(onlyA)+len(onlyB) > 0 {
		tables = append(tables, onlyTable(onlyA, onlyB))
	}
	circumstances, err := circumstancesTable(a.Manifest, b.Manifest)
	circumstances.Notes = []string{sideNote("A", inA), sideNote("B", inB)}
	return append(tables, circumstances), err
}

// Losses are the measurements of which run B is worse than run A by more than that share, for sure.
func Losses(a, b *result.Set, share float64) (Table, error) {
	inA, err := frame.PointsOf(a)
	if err != nil {
		return Table{}, err
	}
	inB, err := frame.PointsOf(b)
	if err != nil {
		return Table{}, err
	}
	couples, _, _ := frame.Match(inA, inB)
	lost := frame.Keep(frame.Findings(couples), func(f frame.Finding) bool { return f.Loss() > share })
	title := fmt.Sprintf("Worse by more than %s for sure", stat.Roughly(share))
	return tabulate(title, slices.Concat([]column[frame.Finding]{
		{head: "what", of: func(f frame.Finding) string { return frame.Aspects[f.Aspect].Title }},
	}, changeColumns), lost), nil
}

const changeNote = "A and B: mean ± half of the 95 % confidence interval. B/A: of the geometric means, with its 95 % confidence " +
	"interval (Welch's t on the logarithms; both runs' repetitions are independent). faster, slower: the interval excludes 1, " +
	"also by Holm's method, which regards all intervals together; with a question mark: only by itself. " + frame.TooFew +
	": fewer than 2 valid repetitions in one of the runs, too few operations, none that differ, or an interval so wide that 10 % could hide in " +
	"it. The intervals are of the noise within the runs: what else differs from run to run, such as the state of the machine, " +
	"is not in them. Where both runs searched for the number of clients and chose different ones, only throughputs compare."

// changeTables is a table for each aspect. The first says how to read them all.
func changeTables(couples []frame.Couple) Tables {
	var tables Tables
	found := frame.Findings(couples)
	for i, aspect := range frame.Aspects {
		of := frame.Keep(found, func(f frame.Finding) bool { return f.Aspect == i })
		if len(of) > 0 {
			tables = append(tables, tabulate(aspect.Title, changeColumns, of, aspect.Note()...))
		}
	}
	if len(tables) > 0 {
		tables[0].Notes = []string{changeNote, chanceNote(found)}
	}
	return tables
}

var changeColumns = slices.Concat(ofBoth(pointColumns), []column[frame.Finding]{
	{head: "n", of: func(f frame.Finding) string { return fmt.Sprintf("%d, %d", len(f.A.Valid), len(f.B.Valid)) }},
	{head: "A", of: func(f frame.Finding) string { return f.Before }},
	{head: "B", of: func(f frame.Finding) string { return f.After }},
	{head: "B/A", of: func(f frame.Finding) string { return f.Format(3) }},
	{head: "verdict", of: frame.Finding.Verdict},
})

// ofBoth makes columns of A and B together: one text, or two where they differ.
func ofBoth(columns []column[frame.Cell]) []column[frame.Finding] {
	all := on(func(f frame.Finding) frame.Cell { return f.A }, columns)
	for i, b := range on(func(f frame.Finding) frame.Cell { return f.B }, columns) {
		a := all[i]
		all[i].of = func(f frame.Finding) string { return strings.Join(frame.AppendNew([]string{a.of(f)}, b.of(f)), ", ") }
		if a.needed != nil {
			all[i].needed = func(f frame.Finding) bool { return a.needed(f) || b.needed(f) }
		}
	}
	return all
}

// chanceNote says how many differences would be found if there was none.
func chanceNote(found []frame.Finding) string {
	found = frame.Keep(found, func(f frame.Finding) bool { return f.HasInterval() })
	exclude := frame.Keep(found, func(f frame.Finding) bool { return f.Excludes1() })
	hold := frame.Keep(exclude, func(f frame.Finding) bool { return f.Holds })
	return fmt.Sprintf("If nothing had changed, about %.1f of %s would exclude 1 by chance; %d do, %d of them by Holm's method "+
		"too.", (1-stat.Confidence)*float64(len(found)), stat.Count(len(found), "interval"), len(exclude), len(hold))
}

// onlyTable lists the measurements that only one of the runs has.
func onlyTable(onlyA, onlyB []frame.Cell) Table {
	type only struct {
		side string
		cell frame.Cell
	}
	var rows []only
	for _, c := range onlyA {
		rows = append(rows, only{"A", c})
	}
	for _, c := range onlyB {
		rows = append(rows, only{"B", c})
	}
	columns := append([]column[only]{{head: "only in", of: func(o only) string { return o.side }}},
		on(func(o only) frame.Cell { return o.cell }, pointColumns)...)
	return tabulate("Points in only one of the two", columns, rows)
}

// sideNote says what A or B is, what of it was left out, and what a reader must know of it.
func sideNote(side string, cells []frame.Cell) string {
	runs, invalid := 0, 0
	for _, c := range cells {
		runs, invalid = runs+len(c.All()), invalid+len(c.Invalid)
	}
	note := fmt.Sprintf("%s: %s, %s, %d of them invalid.", side, cells[0].Set.Dir, stat.Count(runs, "run"), invalid)
	for _, reason := range invalidReasons(cells) {
		note += " " + reason
	}
	for _, w := range caption.Warnings(cells[0].Set) {
		note += " " + w + "."
	}
	if frame.CountedEarlier(cells[0].Set) {
		note += " " + caption.Earlier
	}
	return note
}

// circumstancesTable lists the fields in which the manifests of A and B differ.
func circumstancesTable(a, b result.Manifest) (Table, error) {
	inA, err := recorded(a)
	if err != nil {
		return Table{}, err
	}
	inB, err := recorded(b)
	if err != nil {
		return Table{}, err
	}
	all := maps.Clone(inA)
	maps.Copy(all, inB)
	different := frame.Keep(slices.Sorted(maps.Keys(all)), func(what string) bool { return inA[what] != inB[what] })
	if len(different) == 0 {
		different = []string{""}
	}
	return tabulate("Different circumstances", []column[string]{
		{head: "what", of: stat.OrDash},
		{head: "A", of: func(what string) string { return stat.OrDash(inA[what]) }},
		{head: "B", of: func(what string) string { return stat.OrDash(inB[what]) }},
	}, different), nil
}

// recorded is the circumstances in a manifest, by the path of the field: not what is measured, nor when it was started.
func recorded(m result.Manifest) (map[string]string, error) {
	m.Started, m.Finished, m.ConfigFile = "", "", ""
	m.Testbed.Before, m.Testbed.After, m.Testbed.DelaysBefore, m.Testbed.DelaysAfter = nil, nil, nil, nil
	m.Testbed.TripsBefore, m.Testbed.TripsAfter = nil, nil
	m.Searches, m.Systems = nil, nil
	m.Machine.DataDisk = fileSystem(m.Machine)
	if m.Outside != nil {
		outside := *m.Outside
		outside.DataDisk = fileSystem(outside)
		m.Outside = &outside
	}
	data, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	var fields any
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber() // of seeds, a float64 loses digits
	if err := decoder.Decode(&fields); err != nil {
		return nil, err
	}
	flat := map[string]string{}
	flatten(flat, "", fields)
	delete(flat, "title")
	delete(flat, "config.title")
	return flat, nil
}

// fileSystem is the kind of the data disk, without how much room there is.
func fileSystem(m result.Machine) string {
	kind, _, _ := strings.Cut(m.DataDisk, ",")
	return kind
}

// flatten collects the values below x by their paths, as in "testbed.delays.0.mean_ms"; a list without structure is one.
func flatten(into map[string]string, path string, x any) {
	below := func(name string) string { return strings.TrimPrefix(path+"."+name, ".") }
	switch x := x.(type) {
	case map[string]any:
		for name, value := range x {
			flatten(into, below(name), value)
		}
	case []any:
		if !slices.ContainsFunc(x, hasStructure) {
			into[path] = strings.Trim(fmt.Sprint(x), "[]")
			return
		}
		for i, value := range x {
			flatten(into, below(strconv.Itoa(i)), value)
		}
	case nil:
	default:
		into[path] = fmt.Sprint(x)
	}
}

func hasStructure(x any) bool {
	switch x.(type) {
	case map[string]any, []any:
		return true
	}
	return false
}
