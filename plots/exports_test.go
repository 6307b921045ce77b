package plots

import (
	"bytes"
	"encoding/csv"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/draw"
	"github.com/powbench/powbench/plots/figures"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/sink"
)

// reference is the reference results that are drawn.
func reference(t *testing.T) (sets []*result.Set) {
	t.Helper()
	manifests, _ := filepath.Glob("../results/reference/*/*/manifest.json")
	manifests = append(manifests, "../results/reference/attack/manifest.json")
	for _, m := range manifests {
		s, err := result.Read(filepath.Dir(m))
		if err != nil {
			t.Fatal(err)
		}
		sets = append(sets, s)
	}
	return sets
}

func TestCSVHasALineForEachRepetition(t *testing.T) {
	s := syntheticFigure("2a", 3)
	invalidate(s, func(p result.Point) bool { return p.Repetition == 2 })
	s.Points[0].Ops = 700 // enough for p99, not for p99.9
	var b bytes.Buffer
	if err := ExportPoints(sink.CSV(&b), s); err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	names := lines[0]
	if len(lines) != 1+len(s.Points) || len(slices.Compact(slices.Sorted(slices.Values(names)))) != len(names) {
		t.Fatalf("%d lines of %d points, names %v", len(lines), len(s.Points), names)
	}
	cell := func(line []string, name string) string {
		at := slices.Index(names, name)
		if at < 0 {
			t.Fatalf("no column %s in %v", name, names)
		}
		return line[at]
	}
	throughput, valid := 0., 0
	for _, line := range lines[1:] {
		x, err := strconv.ParseFloat(cell(line, "throughput_MBps"), 64)
		if err != nil {
			t.Fatal(err)
		}
		throughput += x
		if cell(line, "valid") == "true" {
			valid++
		}
	}
	for _, p := range s.Points {
		throughput -= p.ThroughputMBps
		if p.Valid {
			valid--
		}
	}
	if throughput > 1e-6 || throughput < -1e-6 || valid != 0 {
		t.Errorf("throughputs differ by %v in all, valid lines by %d", throughput, valid)
	}
	i := slices.IndexFunc(lines[1:], func(l []string) bool { return cell(l, "ops") == "700" })
	if i < 0 || cell(lines[1+i], "latency_ms_p99") == "" || cell(lines[1+i], "latency_ms_p999") != "" || cell(lines[1+i], "rate") != "" {
		t.Errorf("the point of 700 operations: %v", lines[1+max(i, 0)])
	}
}

func TestSpectraAreOfAllRunsTogether(t *testing.T) {
	s, err := result.Read("../results/reference/lan/fig2a")
	if err != nil {
		t.Fatal(err)
	}
	to := &sink.Spectra{Dir: t.TempDir()}
	if err := ExportPoints(to, s); err != nil {
		t.Fatal(err)
	}
	cells, err := frame.PointsOf(s)
	if err != nil || len(to.Files) != len(cells) {
		t.Fatalf("%d files of %d cells: %v", len(to.Files), len(cells), err)
	}
	text, err := os.ReadFile(filepath.Join(to.Dir, "fig2a-mabd-read-t1-256KiB-c8.hgrm"))
	if err != nil {
		t.Fatal(err)
	}
	cell := frame.Find(cells, func(c frame.Cell) bool { return c.Protocol == "mabd" && c.Op == "read" && c.Clients == 8 })
	ops := int64(0)
	for _, p := range cell.Valid {
		ops += p.Ops
	}
	// As HdrHistogram's tools read it: a line of names, an empty one, lines of four numbers, and comments.
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	numbers := frame.Keep(lines[1:], func(l string) bool { return l != "" && l[0] != '#' })
	if got := strings.Fields(lines[0]); strings.Join(got, " ") != "Value Percentile TotalCount 1/(1-Percentile)" || len(numbers) < 20 {
		t.Errorf("%d lines below %v", len(numbers), got)
	}
	for _, l := range numbers {
		if n := strings.Fields(l); len(n) != 4 {
			t.Errorf("%q is not four numbers", l)
		}
	}
	if last := strings.Fields(numbers[len(numbers)-1]); last[1] != "1.000000" || last[2] != strconv.FormatInt(ops, 10) {
		t.Errorf("the last line is %v, want all of %d operations", last, ops)
	}
	for i, want := range []string{"#[Mean    = ", "#[Max     = ", "#[Buckets = "} {
		if l := lines[len(lines)-3+i]; !strings.HasPrefix(l, want) {
			t.Errorf("%q in place of %q", l, want)
		}
	}
}

// numbersOf are what a panel's series have, as an export writes them.
func numbersOf(pages []*draw.Page) (dots int) {
	for _, p := range pages {
		for _, row := range p.Rows {
			for _, panel := range row {
				for _, s := range panel.Series() {
					dots += len(s.Dots)
				}
			}
		}
	}
	return dots
}

// Every figure of the reference results is exported as data, with a line for each dot that it shows.
func TestDataHasEveryDot(t *testing.T) {
	sets := reference(t)
	to := sink.NewData(t.TempDir())
	if err := ExportFigures(to, sets...); err != nil {
		t.Fatal(err)
	}
	pages, err := figures.All(sets)
	if err != nil || len(pages) != len(to.Files) || len(pages) < 10 {
		t.Fatalf("%d files of %d figures: %v", len(to.Files), len(pages), err)
	}
	lines := 0
	for _, f := range to.Files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if line != "\n" && !strings.HasPrefix(line, "#") {
				lines++
			}
		}
	}
	if want := numbersOf(pages); lines != want || want == 0 {
		t.Errorf("%d lines of numbers, the figures have %d dots", lines, want)
	}
	// The peak of Figure 2(b) is the mean that the cells have.
	cells, err := frame.Cells(sets)
	if err != nil {
		t.Fatal(err)
	}
	peak := frame.Find(frame.Peaks(frame.Keep(cells, func(c frame.Cell) bool { return c.Figure == "2b" })),
		func(c frame.Cell) bool { return c.Protocol == "mabd" && c.Op == "read" && c.T == 1 }).Throughput()
	text, _ := os.ReadFile(filepath.Join(to.Dir, "fig2b.dat"))
	if want := strconv.FormatFloat(peak.Mean, 'g', 6, 64); !strings.Contains(string(text), want) {
		t.Errorf("no %s in\n%s", want, text)
	}
}

// What a manifest says cannot add a line to an export, nor LaTeX commands.
func TestExportsKeepTextInItsPlace(t *testing.T) {
	s := syntheticFigure("2a", 2)
	s.Manifest.Title = "a\n1 2 3\\input{/etc/passwd} 100 % of Ω & $x_1$"
	dir := t.TempDir()
	for _, to := range []sink.Sink{sink.NewData(dir), sink.NewPGF(dir)} {
		if err := ExportFigures(to, s); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"fig2a.dat", "fig2a.tex"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if strings.HasPrefix(line, "1 2 3") || strings.Contains(line, `\input`) && !strings.ContainsAny(line[:1], "%#") {
				t.Errorf("%s: %q", name, line)
			}
		}
	}
}

// A figure of each kind is a LaTeX document that compiles, where LaTeX is installed: curves, bars, strips, logarithms and rules,
// slots, and traces. All are written, and explain each thing once.
func TestPGFCompiles(t *testing.T) {
	dir := t.TempDir()
	to := sink.NewPGF(dir)
	if err := ExportFigures(to, reference(t)...); err != nil {
		t.Fatal(err)
	}
	for _, f := range to.Files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for line := range strings.Lines(string(text)) {
			if name, is := strings.CutPrefix(line, `\addlegendentry`); is {
				names = append(names, name)
			}
		}
		if len(names) == 0 || len(slices.Compact(slices.Sorted(slices.Values(names)))) != len(names) {
			t.Errorf("%s explains %v", filepath.Base(f), names)
		}
	}
	latex, err := exec.LookPath("pdflatex")
	if err != nil {
		t.Skipf("skipped: %s: no pdflatex: install texlive-pictures and texlive-latex-extra", t.Name())
	}
	for _, name := range []string{"fig2a", "fig2d", "figsetup", "figtable1", "figattacks", "figtimeline"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := exec.Command(latex, "-halt-on-error", "-interaction=nonstopmode", name+".tex")
			c.Dir = dir
			if out, err := c.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out[max(0, len(out)-2000):])
			}
		})
	}
}

func TestExportFiguresRefuses(t *testing.T) {
	if err := ExportFigures(sink.NewData(t.TempDir()), synthetic("empty")); !errors.Is(err, ErrNoFigures) {
		t.Errorf("a set without points: %v", err)
	}
}
