// Package report writes one HTML document of everything that result sets tell: the paper's claims and whether they hold,
// all figures and tables, for each measurement its repetitions one by one, machines, links, and where the raw data lie.
//
// The document is one file that needs no other: style, script and pictures are in it. Without its script it shows the
// same; with it, tables can be sorted and searched. All that comes from results is escaped.
//
// It imports the other packages of plots, except numbers, and harness/result; plots/command imports it.
package report

import (
	"cmp"
	"embed"
	"fmt"
	"html/template"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots"
	"github.com/powbench/powbench/plots/claims"
	"github.com/powbench/powbench/plots/draw"
)

// An Input has the results and claims to report on.
type Input struct {
	Sets   []*result.Set
	Claims []claims.Verdict
	// Dir is the folder that the document is for: its links to raw data start there.
	Dir string
}

var (
	//go:embed style.css
	style template.CSS
	//go:embed script.js
	script template.JS
	//go:embed *.html
	files embed.FS
)

var page = template.Must(template.New("").Funcs(template.FuncMap{
	"long":    func(text string) bool { return utf8.RuneCountInString(text) > 40 }, // its cell may break into lines
	"class":   func(o claims.Outcome) string { return strings.ReplaceAll(o.String(), " ", "-") },
	"phrases": func(text string) []string { return strings.Split(text, "; ") },
}).ParseFS(files, "*.html"))

// Write writes the document. It refuses sets that plots refuses: of figures that it does not know, or that do not belong
// together.
func Write(w io.Writer, in Input) error {
	d, err := newDocument(in)
	if err != nil {
		return err
	}
	return page.ExecuteTemplate(w, "page.html", d)
}

// A document holds what the template shows, in its order.
type document struct {
	Style   template.CSS
	Script  template.JS
	Content []string // how many runs, points and trials there are, a line each
	Loud    []string // warnings, shown in bold
	Claims  []claim
	Counts  map[claims.Outcome]int
	Figures []figure
	Tables  []table
	Runs    []run
}

// A figure is a picture with its caption as text.
type figure struct {
	draw.Picture
	ID     string
	Legend []mark
	Panels []template.HTML
}

// A mark is an entry of a figure's legend.
type mark struct {
	Name   string
	Sample template.HTML
}

func newDocument(in Input) (*document, error) {
	pictures, err := plots.Pictures(in.Sets)
	if err != nil {
		return nil, err
	}
	tables, err := plots.Summary(in.Sets)
	if err != nil {
		return nil, err
	}
	trials, err := plots.TrialList(in.Sets)
	if err != nil {
		return nil, err
	}
	if len(trials.Rows) > 0 {
		tables = append(tables, trials)
	}
	d := &document{Style: style, Script: script, Counts: map[claims.Outcome]int{}}
	for _, v := range in.Claims {
		d.Counts[v.Outcome]++
	}
	ids := anchors{}
	for _, p := range pictures {
		d.Figures = append(d.Figures, newFigure(p, ids))
	}
	runs := newRuns(in)
	d.Runs = runs.inOrder(in.Sets, ids)
	rows := map[string]string{}
	for _, t := range tables {
		d.Tables = append(d.Tables, newTable(t, runs, ids, rows))
	}
	d.Claims = newClaims(in.Claims, rows, ids)
	d.Content, d.Loud = d.summarize(in)
	return d, nil
}

// newFigure takes over drawings of plots, which has escaped the texts in them.
func newFigure(p draw.Picture, ids anchors) figure {
	f := figure{Picture: p, ID: ids.unique("figure-" + p.Name)}
	for _, m := range p.Legend {
		f.Legend = append(f.Legend, mark{m.Name, template.HTML(m.Sample)})
	}
	for _, panel := range p.Panels {
		f.Panels = append(f.Panels, template.HTML(panel))
	}
	return f
}

// summarize counts the runs, points and trials, and warns of those that are missing.
func (d *document) summarize(in Input) (content, loud []string) {
	points, invalid, trials, costs := 0, 0, 0, 0
	for i, s := range in.Sets {
		points, trials, costs = points+len(s.Points), trials+len(s.Trials), costs+len(s.Costs)
		for _, p := range s.Points {
			if !p.Valid {
				invalid++
			}
		}
		if r := d.Runs[i]; len(r.Coverage.Missing) > 0 {
			loud = append(loud, fmt.Sprintf("%s: %s.", r.Name, r.Coverage))
		} else if s.Manifest.Finished == "" {
			loud = append(loud, r.Name+": this run was not finished.")
		}
	}
	line := fmt.Sprintf("%d runs with %d points", len(in.Sets), points)
	line += ifTrue(invalid > 0, fmt.Sprintf(" (of which %d are invalid and left out of figures and estimates)", invalid))
	line += ifTrue(trials > 0, fmt.Sprintf(", %d trials under attack", trials))
	line += ifTrue(costs > 0, fmt.Sprintf(", %d measurements of what proofs and signatures cost", costs))
	return []string{line + "."}, loud
}

// anchors are the ids given so far.
type anchors map[string]bool

// unique is an id made of the text that no other element has.
func (a anchors) unique(text string) string {
	slug := cmp.Or(strings.Trim(notInIDs.ReplaceAllString(strings.ToLower(text), "-"), "-"), "x")
	id := slug
	for n := 2; a[id]; n++ {
		id = fmt.Sprintf("%s-%d", slug, n)
	}
	a[id] = true
	return id
}

var notInIDs = regexp.MustCompile(`[^a-z0-9-]`)
