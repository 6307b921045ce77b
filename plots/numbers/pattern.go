package numbers

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/powbench/powbench/plots/query"
)

// A number is as documents write one: 58, 1.56, or 1 057 000.
const number = `\d{1,3}(?: \d{3})+|\d+(?:\.\d+)?`

// hole is what {} stands for: a number and perhaps half an interval.
const hole = `((?:` + number + `)(?: ± (?:` + number + `))?)`

var braces = regexp.MustCompile(`\{(\w*)\}`)

// A pattern is a text with holes for numbers.
type pattern struct {
	*regexp.Regexp
	holes []int // the groups that are numbers; the others are variables
}

// newPattern turns a binding's text into a regular expression with a group for each {} and each variable.
func newPattern(text string, vars map[string]any) (p pattern, err error) {
	var b strings.Builder
	groups := 0
	for rest := text; ; {
		at := braces.FindStringSubmatchIndex(rest)
		if at == nil {
			b.WriteString(literal(rest))
			break
		}
		b.WriteString(literal(rest[:at[0]]))
		groups++
		switch name := rest[at[2]:at[3]]; {
		case name == "":
			b.WriteString(hole)
			p.holes = append(p.holes, groups)
		case vars[name] == nil:
			return p, fmt.Errorf("{%s} is not a variable of for", name)
		default:
			fmt.Fprintf(&b, "((?i)%s)", regexp.QuoteMeta(fmt.Sprint(vars[name])))
		}
		rest = rest[at[1]:]
	}
	p.Regexp, err = regexp.Compile(b.String())
	return p, err
}

var blanks = regexp.MustCompile(`\s+`)

// literal matches a text whose lines may be broken elsewhere.
func literal(text string) string {
	return blanks.ReplaceAllString(regexp.QuoteMeta(text), `\s+`)
}

// render writes what is known of a quantity as precisely as a document does: with as many decimals, an interval if there
// is one, and thousands apart if they are.
func render(i query.Interval, as string) string {
	mean, half, interval := strings.Cut(as, " ± ")
	text := fmt.Sprintf("%.*f", decimals(mean), i.Value)
	if strings.Contains(mean, " ") || len(text) > 6 && decimals(mean) == 0 {
		text = thousands(text)
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

// thousands sets the digits of a whole number apart, in groups of three.
func thousands(digits string) string {
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + " " + digits[i:]
	}
	return digits
}
