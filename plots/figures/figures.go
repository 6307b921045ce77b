// Package figures declares the figures of the evaluation and lays them out as pages.
//
// It imports stat, look, frame, caption and draw; sink and plots import it.
package figures

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot/vg"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/caption"
	"github.com/powbench/powbench/plots/draw"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/look"
	"github.com/powbench/powbench/plots/stat"
)

// A figure declares how the points of one name are drawn: rows of panels, with an operation per column.
type figure struct {
	name string
	note string // in the caption, before all else
	// fixed must be the same in all its points, because neither an axis nor the legend would tell them apart.
	fixed    []frame.Dim[frame.Cell]
	rows     []panel
	open     bool                                       // open loops are in it, too
	only     func(frame.Cell) bool                      // which of its cells are drawn; nil: all
	variants bool                                       // each variant of a protocol is a system of its own
	entry    func(look.Look) draw.Sample                // a protocol's sample in the legend; nil: the panels name the systems
	marks    func(cells []frame.Cell) draw.Legend       // what else needs an explanation
	each     *split                                     // what there is a page of its own for; nil: one page for all
	size     func([]frame.Cell) (row, gutter vg.Length) // of a row, and left of the panels; nil: the only row's, none
	split    func(frame.Cell) string                    // the title of a cell's column; nil: a column per operation
	says     func([]frame.Cell) string                  // more in the caption, behind the note
}

var (
	latencyRow = []panel{{x: operations, y: latency, plot: curves}}
	usual      = frame.UsualDims(frame.ValueSize, frame.Threshold)
)

// figures is the one list of what is drawn of points: the paper's figures, and others.
var figures = []figure{
	{name: "2a", fixed: usual, rows: latencyRow, entry: draw.CurveSample, marks: boundMark(draw.RuleSample)},
	{
		name: "2b", fixed: frame.UsualDims(frame.ValueSize), rows: []panel{{x: threshold, y: peak, plot: bars}},
		entry: draw.BarSample, marks: boundMark(draw.BoundSample), each: eachOtherSize,
	},
	{
		name: "2c", fixed: frame.UsualDims(frame.Threshold), rows: []panel{{x: fileSize, y: peak, plot: sizeCurves}},
		entry: draw.CurveSample, marks: boundMark(draw.RuleSample),
	},
	{
		name: "2d", fixed: frame.UsualDims(frame.ValueSize, frame.Clients), rows: []panel{{x: threshold, y: latency, plot: bars}},
		entry: draw.BarSample, marks: latencyMarks, says: percentiles(frame.Median, frame.P99),
	},
	{
		name: frame.Ablation, fixed: []frame.Dim[frame.Cell]{frame.ValueSize, frame.Threshold}, rows: stripRows,
		marks: boundMark(draw.StripBoundSample), size: stripSize,
		note: "First from Phalanx to M-PoWerStore, one cause of the gain after the other: metadata write-back, erasure coding, " +
			"MACs for signatures. Then the others.",
	},
	{
		name: frame.Open, fixed: usual, open: true, marks: openMarks, says: percentiles(frame.P99),
		size: func([]frame.Cell) (row, gutter vg.Length) { return 0.85 * draw.PanelHeight, 0 },
		rows: []panel{{y: latency, plot: openCurves}, {x: operations, y: latency99, plot: openCurves}},
		note: "Clients that wait before they ask again, and operations that arrive by themselves, drawn at the rate offered.",
	},
	{
		name: frame.SetUp, fixed: []frame.Dim[frame.Cell]{frame.ValueSize, frame.Threshold}, rows: stripRows,
		marks: boundMark(draw.StripBoundSample), size: stripSize,
		note: "Suite paper and durability write where the name says nothing.",
	},
	{
		name: frame.Auth, fixed: []frame.Dim[frame.Cell]{frame.Suite, frame.Durability, frame.ValueSize, frame.Threshold}, rows: stripRows,
		marks: boundMark(draw.StripBoundSample), size: stripSize,
		note: "TLS 1.3, with certificates at both ends, where the name says so; in the clear, as in the paper, where it does not.",
	},
	{
		name: "single", fixed: usual, rows: latencyRow,
		entry: draw.CurveSample, marks: boundMark(draw.RuleSample),
		note: "What a third round of WRITEs, for many writers, costs.",
	},
	{
		name: frame.Sizes, variants: true, fixed: frame.UsualDims(frame.Threshold), rows: sizeRows, entry: draw.CurveSample, marks: sizeMarks, each: eachThreshold,
		size: func([]frame.Cell) (row, gutter vg.Length) { return 0.7 * draw.PanelHeight, 0 },
	},
	{
		name: frame.Registers, variants: true, fixed: frame.UsualDims(frame.ValueSize), rows: registerRows, entry: draw.CurveSample, marks: sizeMarks,
		size: func([]frame.Cell) (row, gutter vg.Length) { return 0.8 * draw.PanelHeight, 0 },
		note: "The registers of the paper's Table 3, and others. Bytes are in both directions, and between servers.",
	},
	{
		name: frame.RegistersWAN, variants: true, fixed: frame.UsualDims(frame.ValueSize), rows: farRows, entry: draw.CurveSample, marks: sizeMarks,
		note: "The registers of the paper's Table 3, and others, far from their clients.",
	},
	{
		name: frame.Growth, variants: true, fixed: []frame.Dim[frame.Cell]{frame.Suite, frame.ValueSize, frame.Clients}, rows: growthRows, entry: draw.CurveSample, marks: sizeMarks,
		note: "Bytes are in both directions, and between servers, which send each other messages with the square of t.",
	},
	{
		name: frame.LimitsFigure, fixed: []frame.Dim[frame.Cell]{frame.Suite, frame.ValueSize, frame.Threshold}, rows: limitRows,
		marks: limitMarks, note: limitsNote, each: eachLimit,
		size: func([]frame.Cell) (row, gutter vg.Length) { return 0.85 * draw.PanelHeight, 0 },
	},
	course(frame.Sustain),
	course(frame.Endurance),
	{
		name: frame.Mix, fixed: frame.UsualDims(frame.ValueSize), rows: mixedRows, entry: draw.CurveSample, marks: noMarks,
		size: func([]frame.Cell) (row, gutter vg.Length) { return 0.7 * draw.PanelHeight, 0 }, split: frame.Threshold,
		note: "Mean latencies at the peak. At 0 % and 100 % loads are of one kind.",
	},
	{
		name: frame.Capacity, fixed: capacityFixed, rows: capacityRows, open: true, only: frame.Sought, entry: draw.BarSample, marks: capacityMarks,
		size: capacitySize, note: capacityNote,
	},
	{name: "wan", fixed: usual, rows: latencyRow, entry: draw.CurveSample, marks: boundMark(draw.RuleSample)},
}

// All makes a page for each figure that the sets belong to. It refuses what does not belong together in one figure.
func All(sets []*result.Set) ([]*draw.Page, error) {
	cells, err := frame.Cells(sets)
	if err != nil {
		return nil, err
	}
	var pages []*draw.Page
	for _, f := range figures {
		own := frame.Keep(cells, func(c frame.Cell) bool { return f.shows(c) && (f.only == nil || f.only(c)) })
		if len(own) == 0 {
			continue
		}
		for _, sheet := range f.sheets(own) {
			p, err := f.page(sheet)
			if err != nil {
				return nil, fmt.Errorf("figure %s: %w", f.name, err)
			}
			pages = append(pages, p)
		}
	}
	own, err := ofOwn(cells)
	if err != nil {
		return nil, err
	}
	trials, err := ofTrials(sets)
	if err != nil {
		return nil, err
	}
	spent, err := ofProfiles(cells)
	if err != nil {
		return nil, err
	}
	costs, err := ofCosts(sets)
	return slices.Concat(pages, own, trials, costs, spent), err
}

// A split divides a figure into pages.
type split struct {
	file    func(frame.Cell) string // what is behind the figure's name; "": nothing
	heading frame.Dim[frame.Cell]
}

var (
	eachThreshold = &split{func(c frame.Cell) string { return "t" + strconv.Itoa(c.T) }, frame.Threshold}
	eachOtherSize = &split{func(c frame.Cell) string {
		if c.ValueBytes == paperValueBytes {
			return ""
		}
		return result.Size(c.ValueBytes).String()
	}, frame.ValueSize}
)

// paperValueBytes is the size of values in the paper's figures, where they do not vary it (its Table 2).
const paperValueBytes = 256 << 10

// sheets are the cells of each of the figure's pages.
func (f figure) sheets(cells []frame.Cell) (sheets [][]frame.Cell) {
	if f.each == nil {
		return [][]frame.Cell{cells}
	}
	for _, name := range frame.Each(cells, f.each.file) {
		sheets = append(sheets, frame.Keep(cells, func(c frame.Cell) bool { return f.each.file(c) == name }))
	}
	return sheets
}

// page lays out one page of the figure.
func (f figure) page(cells []frame.Cell) (*draw.Page, error) {
	if err := frame.Same(f.fixed, cells); err != nil {
		return nil, err
	}
	note := f.note
	if f.says != nil {
		note = strings.TrimSpace(note + " " + f.says(cells))
	}
	c := caption.OfPoints(note, f.fixed, cells)
	p := &draw.Page{
		Name: f.name, Heading: heading(f.name, cells[0].Set.Manifest.Title), RowHeight: draw.PanelHeight,
		Loud: c.Loud, Lines: c.Lines,
	}
	if f.each != nil && f.each.file(cells[0]) != "" {
		p.Name += "-" + f.each.file(cells[0])
		p.Heading += ", " + f.each.heading(cells[0])
	}
	if f.size != nil {
		p.RowHeight, p.Gutter = f.size(cells)
	}
	split := f.split
	if split == nil {
		split = func(c frame.Cell) string { return title(f.name, c.Op) }
	}
	p.Titles = frame.Distinct(cells, split)
	for _, d := range f.rows {
		if d.empty != nil && d.empty(cells) {
			continue
		}
		var row []*draw.Panel
		for i, of := range p.Titles {
			row = append(row, d.plot(d, column{cells, frame.Keep(cells, func(c frame.Cell) bool { return split(c) == of }), i == 0}))
		}
		if d.align != nil {
			d.align(row)
		} else {
			draw.Align(row)
		}
		p.Rows = append(p.Rows, row)
	}
	if f.entry != nil {
		systems := protocolsOf(cells)
		if f.variants {
			systems = systemsIn(cells)
		}
		for _, s := range systems {
			l := lookAmong(systems, s)
			p.Legend = append(p.Legend, draw.Entry{Name: l.Title, Sample: f.entry(l)})
		}
	}
	p.Legend = append(p.Legend, f.marks(cells)...)
	return p, nil
}

// title is the title of an operation's column.
func title(figure, op string) string {
	if frame.NeedsWAN(figure) {
		return stat.OpName(op) + " in the WAN"
	}
	return stat.OpName(op)
}

// heading is the title of a figure's experiment, with a number before it if it is one of the paper's.
func heading(name, title string) string {
	if len(name) != 2 || name[0] < '0' || name[0] > '9' {
		return cmp.Or(title, "Figure "+name)
	}
	return strings.TrimSuffix("Figure "+name[:1]+"("+name[1:]+"): "+title, ": ")
}

// protocolsOf is the protocols of the cells, whatever their variants and set-ups, in the order of legends.
func protocolsOf(cells []frame.Cell) []frame.System {
	all := frame.Each(cells, func(c frame.Cell) frame.System { return c.System.Plain() })
	slices.SortFunc(all, frame.System.Compare)
	return slices.CompactFunc(all, func(a, b frame.System) bool { return a.Protocol == b.Protocol })
}

// systemsIn is the systems of the cells, whatever their set-ups, variants apart.
func systemsIn(cells []frame.Cell) []frame.System {
	all := frame.Each(cells, func(c frame.Cell) frame.System { return c.System.Plain() })
	slices.SortFunc(all, frame.System.Compare)
	return slices.Compact(all)
}

// lookAmong is the system's look: its protocol's, but for a variant beside another one, which has a marker and dashes of its own.
func lookAmong(all []frame.System, s frame.System) look.Look {
	l := lookOf(s)
	l.Title = s.Name()
	first := slices.IndexFunc(all, func(o frame.System) bool { return o.Protocol == s.Protocol })
	if n := slices.Index(all, s) - first; n > 0 {
		other := look.Of("", s.Order+n)
		l.Marker, l.Dashes = other.Marker, other.Dashes
	}
	return l
}

func ofProtocol(cells []frame.Cell, s frame.System) []frame.Cell {
	return frame.Keep(cells, func(c frame.Cell) bool { return c.Protocol == s.Protocol })
}

func lookOf(s frame.System) look.Look { return look.Of(s.Title, s.Order) }
