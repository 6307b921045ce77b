package query

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"
)

// Evaluate evaluates an expression over the results; vars are variables that it may name, with numbers or strings. Its
// error says what is wrong with the expression and how to put it right; what was not measured is no error.
func (r *Results) Evaluate(expression string, vars map[string]any) (Quantity, error) {
	return run[Quantity](r, expression, vars, `a quantity, such as peak("2b", "mabd", "read")`)
}

// Compare evaluates an inequality over the results, as Evaluate does an expression.
func (r *Results) Compare(inequality string, vars map[string]any) (Comparison, error) {
	return run[Comparison](r, inequality, vars, `an inequality, such as peak("2b", "mabd", "read") >= 30`)
}

func run[T any](r *Results, expression string, vars map[string]any, wanted string) (T, error) {
	var none T
	env := map[string]any{}
	maps.Copy(env, vars)
	err := checkNames(expression, vars)
	program, compileErr := expr.Compile(expression, append(r.language(), expr.Env(env))...)
	if err = cmp.Or(err, compileErr); err != nil {
		return none, fmt.Errorf("%w\nknown here: %s", err, strings.Join(known(vars), ", "))
	}
	out, err := expr.Run(program, env)
	if err != nil {
		return none, err
	}
	switch out := out.(type) {
	case T:
		return out, nil
	case int, float64:
		if q, ok := any(operand(out)).(T); ok {
			return q, nil
		}
	}
	return none, fmt.Errorf("%s is not %s", expression, wanted)
}

// checkNames refuses names that are neither variables nor functions. The compiler does so too, but not where operators have
// been given a meaning.
func checkNames(expression string, vars map[string]any) error {
	tree, err := parser.Parse(expression)
	if err != nil {
		return err
	}
	names := &names{vars: vars}
	ast.Walk(&tree.Node, names)
	return names.err
}

// names is a visitor of an expression that looks for names that are not known.
type names struct {
	vars map[string]any
	err  error
}

// Visit implements ast.Visitor.
func (n *names) Visit(node *ast.Node) {
	id, ok := (*node).(*ast.IdentifierNode)
	if !ok || n.vars[id.Value] != nil || slices.ContainsFunc(functions, func(f function) bool { return f.name == id.Value }) {
		return
	}
	n.err = fmt.Errorf("unknown name %s", id.Value)
}

// known is all names that an expression may use.
func known(vars map[string]any) []string {
	names := slices.Sorted(maps.Keys(vars))
	for _, f := range functions {
		names = append(names, f.usage)
	}
	return names
}

// language is the functions over r, and the operators on quantities.
func (r *Results) language() []expr.Option {
	options := []expr.Option{expr.DisableAllBuiltins()}
	for _, f := range functions {
		options = append(options, expr.Function(f.name, func(args ...any) (any, error) { return f.call(r, args) }, f.types...))
	}
	for sign, apply := range map[string]func(a, b Quantity) (any, error){
		"+": arithmetic(func(a, b Quantity) Quantity { return a.plus(b, 1) }),
		"-": arithmetic(func(a, b Quantity) Quantity { return a.plus(b, -1) }),
		"*": arithmetic(Quantity.times),
		"/": arithmetic(Quantity.by),
	} {
		options = append(options, operator[Quantity](sign, apply)...)
	}
	for sign := range relations {
		options = append(options, operator[Comparison](sign, func(a, b Quantity) (any, error) { return compare(a, b, sign), nil })...)
	}
	return append(options, operator[Comparison]("==", func(a, b Quantity) (any, error) { return equals(a, b) })...)
}

func arithmetic(of func(a, b Quantity) Quantity) func(a, b Quantity) (any, error) {
	return func(a, b Quantity) (any, error) { return of(a, b), nil }
}

// operator gives a sign its meaning where one side is a quantity and the other a quantity or a number. Between numbers it
// keeps the meaning that it has.
func operator[T any](sign string, apply func(a, b Quantity) (any, error)) []expr.Option {
	name := "operator " + sign
	call := func(args ...any) (any, error) { return apply(operand(args[0]), operand(args[1])) }
	return []expr.Option{
		expr.Function(name, call, new(func(Quantity, Quantity) T), new(func(Quantity, int) T), new(func(Quantity, float64) T),
			new(func(int, Quantity) T), new(func(float64, Quantity) T)),
		expr.Operator(sign, name),
	}
}

// operand is a side of an operator, which its types let be nothing but these.
func operand(x any) Quantity {
	switch x := x.(type) {
	case int:
		return Exact(float64(x))
	case float64:
		return Exact(x)
	default:
		return x.(Quantity)
	}
}
