package query

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"

	"github.com/powbench/powbench/harness/result"
)

// A function of the language.
type function struct {
	name  string
	usage string // as error messages show it
	types []any  // pointers to function types: its forms
	call  func(r *Results, args []any) (any, error)
}

type selected = map[string]any

var (
	ofPoints = []any{new(func(figure, protocol, op string) Quantity), new(func(figure, protocol, op string, w selected) Quantity)}
	ofKind   = []any{new(func(kind, field string) Quantity), new(func(kind, field string, w selected) Quantity)}
	ofKinds  = []any{new(func(kind string, field any) Quantity), new(func(kind string, field any, w selected) Quantity)}
	ofPart   = []any{new(func(Quantity) Quantity)}
)

// functions is everything that an expression may ask of results. KIND is one of kinds, FIELD one of its fields, and WHERE a
// map of its keys; `most` and `least` also take lists of fields and of a key's values.
var functions = []function{
	{"peak", "peak(FIGURE, PROTOCOL, OP, {WHERE})", ofPoints, point("throughput_MBps")},
	{"latency", "latency(FIGURE, PROTOCOL, OP, {WHERE})", ofPoints, point("latency_ms.mean")},
	{"of", "of(KIND, FIELD, {WHERE})", ofKind, of},
	{"most", "most(KIND, FIELD, {WHERE})", ofKinds, extreme(1)},
	{"least", "least(KIND, FIELD, {WHERE})", ofKinds, extreme(-1)},
	{"low", "low(QUANTITY)", ofPart, end(func(i Interval) float64 { return i.Low })},
	{"high", "high(QUANTITY)", ofPart, end(func(i Interval) float64 { return i.High })},
	{"printed", `printed("1.5")`, []any{new(func(text string) float64)}, printed},
}

// point is `of` for a field of points.
func point(field string) func(r *Results, args []any) (any, error) {
	return func(r *Results, args []any) (any, error) {
		w := selected{}
		if len(args) > 3 {
			w = maps.Clone(args[3].(selected))
		}
		w["figure"], w["protocol"], w["op"] = args[0], args[1], args[2]
		return of(r, []any{"point", field, w})
	}
}

// tableTwo is what `of` takes for the keys of points that are not given: as in the paper's Table 2 and in experiments.
var tableTwo = where{"t": 1.0, "KiB": 256.0, "suite": result.Paper, "durability": result.UsualDurability, "rate": 0.0}

// of makes one number of what is selected: an estimate from the repetitions of one point or cost, or the sum of counts.
// A point is the one at the peak unless WHERE says for how many clients, or at which rate.
func of(r *Results, args []any) (any, error) {
	k, all, err := choose(args)
	if err != nil {
		return nil, err
	}
	name, w := args[0].(string), all[0]
	for _, key := range k.keys[:k.needs] {
		if w[key] == nil {
			return nil, fmt.Errorf("of(%q, …) needs %s in its {WHERE}", name, list(k.keys[:k.needs]))
		}
	}
	switch {
	case len(all) > 1 || k.needs == 0 && !k.exact:
		return nil, fmt.Errorf("of(%q, …) cannot make one number of these: use most or least", name)
	case name == "point":
		for key, x := range tableTwo {
			if w[key] == nil {
				w[key] = x
			}
		}
		if w["clients"] == nil && w["rate"] == 0.0 {
			w[peak] = true
		}
	}
	found, field := r.find(name, w), args[1].(string)
	if k.exact {
		return k.count(found, field, w), nil
	}
	return k.estimate(found, field, w)
}

// choose is the kind that the arguments name, and what they select of it.
func choose(args []any) (k kind, all []where, err error) {
	k, ok := kinds[args[0].(string)]
	if !ok {
		return k, nil, fmt.Errorf("unknown kind %q: it is %s", args[0], options(kinds))
	}
	for _, name := range values(args[1]) {
		if part, _ := k.field(fmt.Sprint(name)); part == nil {
			return k, nil, fmt.Errorf("unknown field %q: it is %s", name, options(k.fields))
		}
	}
	w := selected{}
	if len(args) > 2 {
		w = args[2].(selected)
	}
	all, err = k.selections(w)
	return k, all, err
}

// extreme is the largest number (sign 1) or the smallest (-1) in what is selected. Each selection must have one.
func extreme(sign float64) func(r *Results, args []any) (any, error) {
	return func(r *Results, args []any) (any, error) {
		k, all, err := choose(args)
		if err != nil {
			return nil, err
		}
		var top, lacking Quantity
		for _, w := range all {
			for _, field := range values(args[1]) {
				q := missing(fmt.Sprintf("%s of %s", field, k.name(w)))
				for _, x := range r.find(args[0].(string), w) {
					part, _ := k.field(field.(string))
					if n, recorded := part(x.data); recorded && (!q.Known() || sign*n > sign*q.shift) {
						q = Quantity{exact: true, shift: n, Points: []string{x.id}}
					}
				}
				if !q.Known() {
					lacking = lacking.over(q)
				} else if !top.exact || sign*q.shift > sign*top.shift {
					top = q
				}
			}
		}
		if !lacking.Known() {
			return lacking, nil
		}
		return top, nil
	}
}

// printed is the least number that is printed as the text: what a paper means that prints "1.5" is at least 1.45.
func printed(_ *Results, args []any) (any, error) {
	text := args[0].(string)
	x, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return nil, fmt.Errorf("printed(%q): not a number", text)
	}
	_, decimals, _ := strings.Cut(text, ".")
	unit := 1.0
	for range decimals {
		unit /= 10
	}
	return x - unit/2, nil
}

// end is a function that gives an end of a quantity's interval.
func end(of func(Interval) float64) func(r *Results, args []any) (any, error) {
	return func(_ *Results, args []any) (any, error) {
		q := args[0].(Quantity)
		if !q.Known() {
			return q, nil
		}
		i := q.Interval()
		if !i.Bounded() {
			return nil, errors.New("low and high need an interval, which takes two repetitions")
		}
		return Quantity{exact: true, shift: of(i), Points: q.Points}, nil
	}
}

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
		known := slices.Sorted(maps.Keys(vars))
		for _, f := range functions {
			known = append(known, f.usage)
		}
		return none, fmt.Errorf("%w\nknown here: %s", err, list(known))
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
	unknown := ast.Find(tree.Node, func(n ast.Node) bool {
		id, ok := n.(*ast.IdentifierNode)
		return ok && vars[id.Value] == nil && !slices.ContainsFunc(functions, func(f function) bool { return f.name == id.Value })
	})
	if unknown != nil {
		return fmt.Errorf("unknown name %s", unknown)
	}
	return nil
}

// language is the functions over r, and the operators on quantities.
func (r *Results) language() []expr.Option {
	all := []expr.Option{expr.DisableAllBuiltins()}
	for _, f := range functions {
		all = append(all, expr.Function(f.name, func(args ...any) (any, error) { return f.call(r, args) }, f.types...))
	}
	for sign, of := range map[string]func(a, b Quantity) Quantity{
		"+": func(a, b Quantity) Quantity { return a.plus(b, 1) }, "-": func(a, b Quantity) Quantity { return a.plus(b, -1) },
		"*": Quantity.times, "/": Quantity.by,
	} {
		all = append(all, operator[Quantity](sign, func(a, b Quantity) (any, error) { return of(a, b), nil })...)
	}
	for sign := range relations {
		all = append(all, operator[Comparison](sign, func(a, b Quantity) (any, error) { return compare(a, b, sign) })...)
	}
	return all
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

// operand is a side of an operator; its types allow nothing else.
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

func list(names []string) string { return strings.Join(names, ", ") }

func options[V any](m map[string]V) string { return list(slices.Sorted(maps.Keys(m))) }
