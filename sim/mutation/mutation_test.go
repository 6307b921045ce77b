package mutation

import (
	"fmt"
	"go/parser"
	"go/token"
	"slices"
	"testing"
)

const source = `package p

func quorum(t int) int { return 2*t + 1 }

func enough(n, t int, forged bool) bool {
	if forged {
		return false
	}
	if seen := t - 1; seen < n {
		log.Note("few")
	}
	switch {
	case !ready():
		return n == 0
	case n >= quorum(t) && t > 0:
		return true
	}
	return false
}

func ready() bool { return true }
`

func TestOf(t *testing.T) {
	all, err := Of("p.go", []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, m := range all {
		names = append(names, m.String())
		if _, err := parser.ParseFile(token.NewFileSet(), "p.go", m.Source, 0); err != nil {
			t.Errorf("%s: %v", m, err)
		}
	}
	want := []string{
		"3: 2*t + 1 → 2*t + 2", "3: 2*t + 1 → 2*t + 0", "3: 2*t → 3*t", "3: 2*t → 1*t",
		"9: t - 1 → t - 2", "9: t - 1 → t - 0",
		"6: forged → !forged",
		"13: !ready() → (ready())",
		"14: n == 0 → n != 0",
		"15: n >= quorum(t) && t > 0 → (n >= quorum(t))", "15: n >= quorum(t) && t > 0 → (t > 0)",
		"15: n >= quorum(t) && t > 0 → (n >= quorum(t) || t > 0)",
		"15: n >= quorum(t) → n > quorum(t)", "15: t > 0 → t >= 0",
	}
	slices.Sort(names)
	slices.Sort(want)
	if !slices.Equal(names, want) {
		t.Errorf("mutants\n%q\nwant\n%q", names, want)
	}
}

// A mistake is named by the function that it is in, so that its name stays when lines move.
func TestFunction(t *testing.T) {
	all, err := Of("p.go", []byte("package p\n\nfunc (x X) f() int { return x.n + 1 }\n\nvar n = 2 * m\n"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, m := range all {
		names = append(names, m.Function+": "+m.Mistake())
	}
	want := []string{"f: x.n + 1 → x.n + 2", "f: x.n + 1 → x.n + 0", ": 2 * m → 3 * m", ": 2 * m → 1 * m"}
	if !slices.Equal(names, want) {
		t.Errorf("%q, want %q", names, want)
	}
}

func TestOfNoSource(t *testing.T) {
	if _, err := Of("p.go", []byte("not Go")); err == nil {
		t.Error("what is no source has mutants")
	}
}

func ExampleOf() {
	all, _ := Of("vote.go", []byte("package vote\n\nfunc won(yes, all int) bool { return yes > all/2 }\n"))
	for _, m := range all {
		fmt.Println(m)
	}
	// Output: 3: yes > all/2 → yes >= all/2
}
