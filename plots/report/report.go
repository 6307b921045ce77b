// Package report writes one HTML document of everything that result sets tell: the paper's claims and whether they hold,
// all figures and tables, for each measurement its repetitions one by one, machines, links, and where the raw data lie.
//
// The document is one file that needs no other: style, script and pictures are in it. Without its script it shows the
// same; with it, tables can be sorted and searched. All that comes from results is escaped.
package report

import (
	"embed"
	"html/template"
	"io"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/claims"
)

// An Input is what a report is made from.
type Input struct {
	Sets   []*result.Set
	Claims []claims.Verdict
	// Dir is the folder that the document is for: its links to raw data start there.
	Dir string
}

//go:embed style.css script.js *.html
var files embed.FS

var page = template.Must(template.New("").Funcs(template.FuncMap{"long": long}).ParseFS(files, "*.html"))

// Write writes the document. It refuses sets that plots refuses: of figures that it does not know, or that do not belong
// together.
func Write(w io.Writer, in Input) error {
	d, err := newDocument(in)
	if err != nil {
		return err
	}
	return page.ExecuteTemplate(w, "page.html", d)
}

// asset is a file that is part of the document.
func asset(name string) string {
	data, err := files.ReadFile(name)
	if err != nil {
		panic(err) // it is compiled in
	}
	return string(data)
}
