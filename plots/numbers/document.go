package numbers

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
)

// A span is from one byte of a document up to another.
type span struct{ from, to int }

func (s span) contains(o span) bool { return s.from <= o.from && o.to <= s.to }

// A document is a Markdown file.
type document struct {
	source  []byte
	prose   []byte // source with blanks in place of whatever is code, a link's target, or a mark
	cells   []span // of tables
	heading []heading
}

type heading struct {
	title    string
	level    int
	from, to int // its section, headings below it included
}

func newDocument(source []byte) *document {
	d := &document{source: source, prose: blank(source)}
	tree := goldmark.New(goldmark.WithExtensions(extension.Table)).Parser().Parse(text.NewReader(source))
	_ = ast.Walk(tree, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // the walker never fails
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.CodeSpan:
			return ast.WalkSkipChildren, nil
		case *ast.Text:
			copy(d.prose[n.Segment.Start:n.Segment.Stop], source[n.Segment.Start:n.Segment.Stop])
		case *ast.Heading:
			d.begin(n)
		case *east.TableCell:
			if lines := n.Lines(); lines.Len() > 0 {
				d.cells = append(d.cells, span{lines.At(0).Start, lines.At(lines.Len() - 1).Stop})
			}
		}
		return ast.WalkContinue, nil
	})
	return d
}

// blank is as long as source, with its lines.
func blank(source []byte) []byte {
	b := bytes.Repeat([]byte{' '}, len(source))
	for i, c := range source {
		if c == '\n' {
			b[i] = c
		}
	}
	return b
}

// begin begins the section of a heading, and with it ends those of its level and below.
func (d *document) begin(n *ast.Heading) {
	lines := n.Lines()
	if lines.Len() == 0 {
		return
	}
	start := lines.At(0).Start
	for i := range d.heading {
		if h := &d.heading[i]; h.level >= n.Level && h.to == len(d.source) {
			h.to = start
		}
	}
	title := strings.TrimSpace(string(lines.Value(d.source)))
	d.heading = append(d.heading, heading{title, n.Level, start, len(d.source)})
}

// section is the section under a heading.
func (d *document) section(title string) (span, bool) {
	for _, h := range d.heading {
		if h.title == title {
			return span{h.from, h.to}, true
		}
	}
	return span{}, false
}

// line is the number of the line that a byte is in.
func (d *document) line(at int) int { return 1 + bytes.Count(d.source[:at], []byte{'\n'}) }

var numbers = regexp.MustCompile(number)

// unit is what follows a number that was measured, or might have been.
var unit = regexp.MustCompile(`^\s?(?:%|(?:ns|µs|ms|s|min|MB|GB|MiB|GiB|MB/s|GB/s|Mbit/s|Gbit/s|[a-z]+/s)\b|±|` +
	`(?:times|points|operations|messages|schedules|trials|registers|histories)\b)`)

// measured is the numbers in prose and tables that look as if they had been measured: those with a unit, an interval,
// decimals or thousands, and those that fill a table's cell.
func (d *document) measured() []span {
	var all []span
	for _, at := range numbers.FindAllIndex(d.prose, -1) {
		s := span{at[0], at[1]}
		if d.isNumber(s) && d.looksMeasured(s) {
			all = append(all, s)
		}
	}
	return all
}

// isNumber is false for the number in a name, such as §6.2, D1, SHA-256, 3t+1 and 2(a).
func (d *document) isNumber(s span) bool {
	before, _ := utf8.DecodeLastRune(d.prose[:s.from])
	after, _ := utf8.DecodeRune(d.prose[s.to:])
	return !unicode.IsLetter(before) && !strings.ContainsRune("§.-_^", before) &&
		(!unicode.IsLetter(after) || unit.Match(d.prose[s.to:])) && after != '('
}

func (d *document) looksMeasured(s span) bool {
	text := d.prose[s.from:s.to]
	return bytes.ContainsAny(text, ". ") || unit.Match(d.prose[s.to:]) || bytes.HasSuffix(d.prose[:s.from], []byte("± ")) ||
		slices.ContainsFunc(d.cells, func(c span) bool { return c.contains(s) && len(d.text(c)) == len(text) })
}

// text is what a span says, without blanks around it and marks.
func (d *document) text(s span) []byte { return bytes.TrimSpace(d.prose[s.from:s.to]) }
