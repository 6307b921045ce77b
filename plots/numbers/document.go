package numbers

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"

	"github.com/powbench/powbench/plots/query"
)

// A span is from one byte of a document up to another.
type span struct{ from, to int }

// A document is a Markdown file, with the numbers in it that a book binds or excuses.
type document struct {
	source   []byte
	prose    []byte // source with blanks in place of code, links' targets and marks
	headings []heading
	bound    map[span]string // what the numbers must be
	excused  []span          // bound and constant
}

type heading struct {
	title       string
	level, from int
}

func newDocument(source []byte) *document {
	d := &document{source: source, prose: bytes.Clone(source), bound: map[span]string{}}
	for i, c := range source {
		if c != '\n' {
			d.prose[i] = ' '
		}
	}
	_ = ast.Walk(goldmark.DefaultParser().Parse(text.NewReader(source)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch n := n.(type) { // a walk fails only if this does
		case *ast.CodeSpan:
			return ast.WalkSkipChildren, nil
		case *ast.Text:
			copy(d.prose[n.Segment.Start:n.Segment.Stop], source[n.Segment.Start:n.Segment.Stop])
		case *ast.Heading:
			if lines := n.Lines(); entering && lines.Len() > 0 {
				title := strings.TrimSpace(string(lines.Value(source)))
				d.headings = append(d.headings, heading{title, n.Level, lines.At(0).Start})
			}
		}
		return ast.WalkContinue, nil
	})
	return d
}

// excuseSection excuses the section under a heading, headings below it included.
func (d *document) excuseSection(title string) bool {
	i := slices.IndexFunc(d.headings, func(h heading) bool { return h.title == title })
	if i < 0 {
		return false
	}
	section := span{d.headings[i].from, len(d.source)}
	below := d.headings[i+1:]
	if next := slices.IndexFunc(below, func(h heading) bool { return h.level <= d.headings[i].level }); next >= 0 {
		section.to = below[next].from
	}
	d.excused = append(d.excused, section)
	return true
}

func (d *document) text(s span) string { return string(d.source[s.from:s.to]) }

// around is a number with a little of the text around it, in one line.
func (d *document) around(s span) string {
	const some = 40
	text := d.text(span{max(0, s.from-some), min(len(d.source), s.to+some)})
	return strings.ToValidUTF8(strings.Join(strings.Fields(text), " "), "")
}

// A number is as documents write one: 58, 1.56, or 1 057 000.
const number = `\d{1,3}(?: \d{3})+|\d+(?:\.\d+)?`

var (
	numbers = regexp.MustCompile(number)
	// unit follows a number that was measured, or might have been.
	unit = regexp.MustCompile(`^\s?(?:%|(?:ns|µs|ms|s|min|MB|GB|MiB|GiB|MB/s|GB/s|Mbit/s|Gbit/s|[a-z]+/s)\b|±|` +
		`(?:times|points|operations|messages|schedules|trials|registers|histories)\b)`)
	braces = regexp.MustCompile(`\\\{\w*\\\}`) // quoted
	blanks = regexp.MustCompile(`\s+`)
)

// measured finds the numbers in prose and tables that look as if they had been measured: those with a unit, an interval,
// decimals or thousands, and those that fill a table's cell. It passes over numbers in names, such as §6.2, D1, SHA-256,
// 3t+1 and 2(a).
func (d *document) measured() (all []span) {
	for _, at := range numbers.FindAllIndex(d.prose, -1) {
		before, number, after := d.prose[:at[0]], d.prose[at[0]:at[1]], d.prose[at[1]:]
		last, _ := utf8.DecodeLastRune(before)
		next, _ := utf8.DecodeRune(after)
		hasUnit := unit.Match(after)
		inName := unicode.IsLetter(last) || strings.ContainsRune("§.-_^", last) || unicode.IsLetter(next) && !hasUnit || next == '('
		fillsCell := bytes.HasSuffix(bytes.TrimRight(before, " "), []byte{'|'}) && bytes.HasPrefix(bytes.TrimLeft(after, " "), []byte{'|'})
		if !inName && (hasUnit || fillsCell || bytes.ContainsAny(number, ". ") || bytes.HasSuffix(before, []byte("± "))) {
			all = append(all, span{at[0], at[1]})
		}
	}
	return all
}

// A pattern is a text with holes for numbers.
type pattern struct {
	*regexp.Regexp
	holes []int // the groups that are numbers; the others are variables
}

// newPattern makes a regular expression of a book's text, with a group for each {} and each variable. Lines may be broken
// anywhere.
func newPattern(text string, vars map[string]any) (p pattern, err error) {
	groups := 0
	quoted := blanks.ReplaceAllString(regexp.QuoteMeta(text), `\s+`)
	expression := braces.ReplaceAllStringFunc(quoted, func(hole string) string {
		groups++
		name := strings.Trim(hole, `\{}`)
		if name == "" {
			p.holes = append(p.holes, groups)
			return `((?:` + number + `)(?: ± (?:` + number + `))?)`
		}
		if vars[name] == nil {
			err = fmt.Errorf("{%s} is not a variable of for", name)
		}
		return "((?i)" + regexp.QuoteMeta(fmt.Sprint(vars[name])) + ")"
	})
	if err == nil {
		p.Regexp, err = regexp.Compile(expression)
	}
	return p, err
}

// render writes a quantity as precisely as a document does: with as many decimals, an interval if the document has one,
// and thousands apart if they are there.
func render(i query.Interval, as string) string {
	mean, half, interval := strings.Cut(as, " ± ")
	text := fmt.Sprintf("%.*f", decimals(mean), i.Value)
	if strings.Contains(mean, " ") || len(text) > 6 && decimals(mean) == 0 {
		for at := len(text) - 3; at > 0; at -= 3 {
			text = text[:at] + " " + text[at:]
		}
	}
	if interval {
		text += fmt.Sprintf(" ± %.*f", decimals(half), i.Half())
	}
	return text
}

func decimals(number string) int {
	_, after, _ := strings.Cut(number, ".")
	return len(after)
}
