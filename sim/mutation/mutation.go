// Package mutation makes mistakes in Go source by rule: comparisons, thresholds and checks, one at a time. A suite of tests
// that notices all of them tests every one of these places; one that it does not notice needs a test, or an argument why it
// makes no difference.
//
// It imports nothing of this module; tests of the protocols' automata import it.
package mutation

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
)

// A Mutant is a source file with one mistake in it.
type Mutant struct {
	Line     int
	Function string // that the mistake is in; empty outside
	Was, Is  string // the expression, before and after
	Source   []byte // all of the file
}

// Mistake is what stood there and what stands there, such as "a < b → a <= b".
func (m Mutant) Mistake() string { return m.Was + " → " + m.Is }

// String is the mistake with its line.
func (m Mutant) String() string { return fmt.Sprintf("%d: %s", m.Line, m.Mistake()) }

// comparisons are what becomes of a comparison: its boundary moves, or it is turned round.
var comparisons = map[token.Token]token.Token{
	token.LSS: token.LEQ, token.LEQ: token.LSS, token.GTR: token.GEQ, token.GEQ: token.GTR, token.EQL: token.NEQ, token.NEQ: token.EQL,
}

// Of makes the mutants of a file's source, in the order of its lines. The rules:
//
//   - of a comparison, < and <=, > and >=, == and != change places;
//   - of a conjunction or disjunction, either side is left out, and && and || change places;
//   - a condition that is none of these is denied, of an if and of a case without a tag;
//   - a number that is added, subtracted or multiplied is one more, and one less.
//
// An if that does no more than Note that it was reached is left alone: nothing depends on it.
func Of(name string, source []byte) ([]Mutant, error) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, source, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	g := generator{set: set, source: source}
	for _, d := range file.Decls {
		g.function = ""
		if f, ok := d.(*ast.FuncDecl); ok {
			g.function = f.Name.Name
		}
		ast.Inspect(d, g.visit)
	}
	slices.SortStableFunc(g.all, func(a, b Mutant) int { return a.Line - b.Line })
	return g.all, nil
}

type generator struct {
	set      *token.FileSet
	source   []byte
	function string // whose body is visited
	all      []Mutant
}

// visit makes the mutants of a node, and reports whether there may be more in what it consists of.
func (g *generator) visit(n ast.Node) bool {
	switch x := n.(type) {
	case *ast.BinaryExpr:
		g.binary(x)
	case *ast.IfStmt:
		if notes(x) {
			if x.Init != nil {
				ast.Inspect(x.Init, g.visit)
			}
			return false
		}
		g.deny(x.Cond)
	case *ast.SwitchStmt:
		if x.Tag == nil {
			g.cases(x)
		}
	case *ast.ImportSpec:
		return false
	}
	return true
}

// notes reports whether an if does no more than Note something.
func notes(x *ast.IfStmt) bool {
	if x.Else != nil || len(x.Body.List) != 1 {
		return false
	}
	statement, ok := x.Body.List[0].(*ast.ExprStmt)
	if !ok {
		return false
	}
	call, ok := statement.X.(*ast.CallExpr)
	if !ok {
		return false
	}
	method, ok := call.Fun.(*ast.SelectorExpr)
	return ok && method.Sel.Name == "Note"
}

// text is the source of an expression.
func (g *generator) text(n ast.Node) string {
	return string(g.source[g.set.Position(n.Pos()).Offset:g.set.Position(n.End()).Offset])
}

// replace makes the mutant in which the expression is another.
func (g *generator) replace(n ast.Expr, by string) {
	from, to := g.set.Position(n.Pos()), g.set.Position(n.End())
	g.all = append(g.all, Mutant{
		Line: from.Line, Function: g.function, Was: g.text(n), Is: by,
		Source: slices.Concat(g.source[:from.Offset], []byte(by), g.source[to.Offset:]),
	})
}

// binary makes the mutants of one operator.
func (g *generator) binary(x *ast.BinaryExpr) {
	left, right := g.text(x.X), g.text(x.Y)
	with := func(op token.Token) string { return left + " " + op.String() + " " + right }
	switch x.Op {
	case token.LAND, token.LOR:
		g.replace(x, "("+left+")")
		g.replace(x, "("+right+")")
		g.replace(x, "("+with(map[token.Token]token.Token{token.LAND: token.LOR, token.LOR: token.LAND}[x.Op])+")")
	case token.ADD, token.SUB, token.MUL:
		g.number(x, x.X)
		g.number(x, x.Y)
	default:
		if other, ok := comparisons[x.Op]; ok {
			g.replace(x, with(other))
		}
	}
}

// number makes mutants of a term that is a number: one more, and one less.
func (g *generator) number(whole *ast.BinaryExpr, term ast.Expr) {
	literal, ok := term.(*ast.BasicLit)
	if !ok || literal.Kind != token.INT {
		return
	}
	n, err := strconv.Atoi(literal.Value)
	if err != nil {
		return // a number in another notation is a mask and no threshold
	}
	from, base := g.set.Position(literal.Pos()).Offset, g.set.Position(whole.Pos()).Offset
	text := g.text(whole)
	for _, other := range []int{n + 1, n - 1} {
		at := from - base
		g.replace(whole, text[:at]+strconv.Itoa(other)+text[at+len(literal.Value):])
	}
}

// cases makes mutants of the conditions of a switch.
func (g *generator) cases(x *ast.SwitchStmt) {
	for _, s := range x.Body.List {
		if clause, ok := s.(*ast.CaseClause); ok {
			for _, condition := range clause.List {
				g.deny(condition)
			}
		}
	}
}

// deny makes the mutant in which a condition is denied, unless it is made of what binary changes.
func (g *generator) deny(condition ast.Expr) {
	switch x := condition.(type) {
	case *ast.BinaryExpr:
	case *ast.UnaryExpr:
		if x.Op == token.NOT {
			g.replace(x, "("+g.text(x.X)+")")
		}
	default:
		g.replace(x, "!"+g.text(x))
	}
}
