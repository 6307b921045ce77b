package numbers

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/powbench/powbench/plots/query"
)

// A Finding is what is wrong with a number of a document.
type Finding struct {
	File string
	Line int
	What string
}

// String is the finding with its place.
func (f Finding) String() string { return fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.What) }

// A check is a book, the documents, and what was found in them.
type check struct {
	book      *Book
	results   *query.Results
	root      string
	documents map[string]*document
	bound     map[string][]bound
	excused   map[string][]span
	findings  []Finding
}

// A bound number: where it is and what it must be.
type bound struct {
	span
	is, want string
}

// Check compares the documents with the results. Documents are named relative to root, as in the book. The error is of
// a book that is wrong in itself or does not fit the documents any more.
func (b *Book) Check(root string, documents []string, results *query.Results) ([]Finding, error) {
	c, err := b.check(root, documents, results)
	if err != nil {
		return nil, err
	}
	for name, d := range c.documents {
		for _, x := range c.bound[name] {
			if x.is != x.want {
				c.find(name, x.span, fmt.Sprintf("says %s, but the results say %s", x.is, x.want))
			}
		}
		for _, s := range d.measured() {
			if !c.covered(name, s) {
				c.find(name, s, fmt.Sprintf("%s is neither bound to results nor a constant: …%s…",
					d.source[s.from:s.to], d.around(s)))
			}
		}
	}
	slices.SortFunc(c.findings, func(x, y Finding) int {
		return cmp.Or(cmp.Compare(x.File, y.File), cmp.Compare(x.Line, y.Line))
	})
	return c.findings, nil
}

// Update writes the numbers that the results say into the documents.
func (b *Book) Update(root string, documents []string, results *query.Results) error {
	c, err := b.check(root, documents, results)
	if err != nil {
		return err
	}
	for name, all := range c.bound {
		slices.SortFunc(all, func(x, y bound) int { return y.from - x.from }) // the last first: places stay
		source := c.documents[name].source
		for _, x := range all {
			source = slices.Concat(source[:x.from], []byte(x.want), source[x.to:])
		}
		if err := os.WriteFile(filepath.Join(root, name), source, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func (b *Book) check(root string, documents []string, results *query.Results) (*check, error) {
	c := &check{
		book: b, results: results, root: root, documents: map[string]*document{}, bound: map[string][]bound{},
		excused: map[string][]span{},
	}
	for _, name := range documents {
		source, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			return nil, err
		}
		c.documents[name] = newDocument(source)
	}
	for _, x := range b.Bindings {
		for _, vars := range x.For.Rounds() {
			if err := c.bind(x, vars); err != nil {
				return nil, fmt.Errorf("%s:%d: %w", b.file, x.Text.Line, err)
			}
		}
	}
	for _, x := range b.Excused {
		if err := c.excuse(x); err != nil {
			return nil, fmt.Errorf("%s:%w", b.file, err)
		}
	}
	return c, nil
}

// bind finds a binding's text and evaluates what its numbers must be.
func (c *check) bind(x binding, vars map[string]any) error {
	d := c.documents[x.File]
	if d == nil {
		return fmt.Errorf("there is no document %q", x.File)
	}
	p, err := newPattern(x.Text.Text, vars)
	if err != nil {
		return err
	}
	if len(p.holes) != len(x.Values) {
		return fmt.Errorf("%d values for %d {}: give one for each", len(x.Values), len(p.holes))
	}
	matches := p.FindAllSubmatchIndex(d.source, -1)
	if len(matches) != 1 {
		return fmt.Errorf("%s has the text %q %d times, %v: it must be there once, change this text or the document's",
			x.File, x.Text.Text, len(matches), vars)
	}
	c.excused[x.File] = append(c.excused[x.File], groups(matches[0], p)...)
	for i, value := range x.Values {
		q, err := c.results.Evaluate(value.Text, vars)
		if err != nil {
			return fmt.Errorf("line %d: %w", value.Line, err)
		}
		if !q.Known() {
			return fmt.Errorf("line %d: %s: not in the results: %s", value.Line, value.Text, strings.Join(q.Missing, ", "))
		}
		s := group(matches[0], p.holes[i])
		is := string(d.source[s.from:s.to])
		c.bound[x.File] = append(c.bound[x.File], bound{s, is, render(q.Interval(), is)})
	}
	return nil
}

// group is where a group of a pattern is, in a match.
func group(match []int, i int) span { return span{match[2*i], match[2*i+1]} }

// groups are where the groups are that are no holes.
func groups(match []int, p pattern) []span {
	var all []span
	for i := 1; i <= p.NumSubexp(); i++ {
		if !slices.Contains(p.holes, i) {
			all = append(all, group(match, i))
		}
	}
	return all
}

// excuse finds what a constant excuses. One that excuses nothing is out of date.
func (c *check) excuse(x excuse) error {
	for _, s := range x.Sections {
		found, ok := span{}, false
		if d := c.documents[x.File]; d != nil {
			found, ok = d.section(s.Text)
		}
		if !ok {
			return fmt.Errorf("%d: %q has no section %q", s.Line, x.File, s.Text)
		}
		c.excused[x.File] = append(c.excused[x.File], found)
	}
	for _, text := range x.Texts {
		p, err := newPattern(text.Text, nil)
		if err != nil {
			return fmt.Errorf("%d: %w", text.Line, err)
		}
		if !c.excuseText(x.File, p) {
			return fmt.Errorf("%d: no document has %q any more: remove this constant", text.Line, text.Text)
		}
	}
	return nil
}

func (c *check) excuseText(file string, p pattern) bool {
	found := false
	for name, d := range c.documents {
		if file != "" && name != file {
			continue
		}
		for _, at := range p.FindAllIndex(d.source, -1) {
			found = true
			c.excused[name] = append(c.excused[name], span{at[0], at[1]})
		}
	}
	return found
}

func (c *check) covered(name string, s span) bool {
	covers := func(x span) bool { return x.contains(s) }
	return slices.ContainsFunc(c.excused[name], covers) ||
		slices.ContainsFunc(c.bound[name], func(b bound) bool { return b.contains(s) })
}

func (c *check) find(name string, s span, what string) {
	c.findings = append(c.findings, Finding{name, c.documents[name].line(s.from), what})
}

// around is a number with a little of the text around it, in one line.
func (d *document) around(s span) string {
	const some = 40
	text := d.source[max(0, s.from-some):min(len(d.source), s.to+some)]
	return strings.ToValidUTF8(string(bytes.Join(bytes.Fields(text), []byte{' '})), "")
}
