package query

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/frame"
)

// functions are the functions of the language, on r. KIND is one of kinds, FIELD one of its fields, and WHERE a map of
// its keys; `most` and `least` also take lists of fields and of a key's values.
func (r *Results) functions() map[string]any {
	point := func(field string) any {
		return func(figure, protocol, op string, w ...where) (Quantity, error) {
			all := where{"figure": figure, "protocol": protocol, "op": op}
			for _, w := range w {
				maps.Copy(all, w)
			}
			return r.of("point", field, all)
		}
	}
	extreme := func(sign float64) any {
		return func(kind string, field any, w ...where) (Quantity, error) {
			return r.extreme(sign, kind, values(field), w...)
		}
	}
	return map[string]any{
		"peak": point("throughput_MBps"), "latency": point("latency_ms.mean"), "of": r.of,
		"most": extreme(1), "least": extreme(-1), "printed": printed,
		"low":  func(q Quantity) (Quantity, error) { return end(q, q.Interval().Low) },
		"high": func(q Quantity) (Quantity, error) { return end(q, q.Interval().High) },
	}
}

const usage = `peak(FIGURE, PROTOCOL, OP, {WHERE}), latency(FIGURE, PROTOCOL, OP, {WHERE}), of(KIND, FIELD, {WHERE}), ` +
	`most(KIND, FIELD, {WHERE}), least(KIND, FIELD, {WHERE}), low(QUANTITY), high(QUANTITY), printed("1.5")`

// tableTwo are the values of a point's keys if an expression does not give them, as in the paper's Table 2.
var tableTwo = where{
	"t": 1.0, "KiB": 256.0, "suite": result.Paper, "durability": result.UsualDurability, "auth": result.NoAuth, "rate": 0.0,
	"owed": result.Waited, "slow_server": frame.NoSlowServer, "sizes": oneSize,
}

// of makes one number of the selected records: an estimate from the repetitions of one point or cost, or the sum of counts.
// A point whose sizes are named may have values of any mean.
// A point is the one at the peak unless w says for how many clients, or at which rate; of a named attack, or none, at the one rate
// there is.
func (r *Results) of(name, field string, w ...where) (Quantity, error) {
	k, all, err := choose(name, []any{field}, w)
	if err != nil {
		return Quantity{}, err
	}
	one := all[0]
	for _, key := range k.keys[:k.needs] {
		if one[key] == nil {
			return Quantity{}, fmt.Errorf("of(%q, …) needs %s in its {WHERE}", name, list(k.keys[:k.needs]))
		}
	}
	if len(all) > 1 || k.needs == 0 && !k.exact {
		return Quantity{}, fmt.Errorf("of(%q, …) cannot make one number of these: use most or least", name)
	}
	if name == "point" {
		drawn := one["sizes"] != nil
		for key, x := range tableTwo {
			told := key == "rate" && one["attack"] != nil || key == "KiB" && drawn
			if one[key] == nil && !told {
				one[key] = x
			}
		}
		if one["clients"] == nil && one["rate"] == 0.0 {
			one[peak] = true
		}
	}
	if k.exact {
		return k.count(r.find(name, one), field, one), nil
	}
	return k.estimate(r.find(name, one), field, one)
}

// extreme is the largest number (sign 1) or the smallest (-1) in the selected records. Each selection must have one.
func (r *Results) extreme(sign float64, name string, fields []any, w ...where) (top Quantity, err error) {
	k, all, err := choose(name, fields, w)
	var lacking Quantity
	for _, w := range all {
		for _, field := range fields {
			q := missing(fmt.Sprintf("%s of %s", field, k.name(w)))
			for _, x := range r.find(name, w) {
				if few := x.few(field.(string)); len(few) > 0 {
					q = Quantity{Few: few, Points: []string{x.id}}
					break
				}
				if n := x.whole(field.(string)); !math.IsNaN(n) && (!q.Known() || sign*n > sign*q.shift) {
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
		return lacking, err
	}
	return top, err
}

// choose finds the kind of that name and checks the fields and w.
func choose(name string, fields []any, w []where) (k kind, all []where, err error) {
	k, ok := kinds[name]
	if !ok {
		return k, nil, fmt.Errorf("unknown kind %q: it is %s", name, options(kinds))
	}
	for _, x := range fields {
		field := fmt.Sprint(x)
		if _, ok := k.fields[field]; !ok && k.whole(field) == "" {
			return k, nil, fmt.Errorf("unknown field %q: it is %s", field, options(k.fields))
		}
	}
	all, err = k.selections(append(w, nil)[0])
	return k, all, err
}

// printed is the least number that is printed as the text: a paper that prints "1.5" measured at least 1.45.
func printed(text string) (float64, error) {
	x, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, fmt.Errorf("printed(%q): not a number", text)
	}
	_, decimals, _ := strings.Cut(text, ".")
	return x - math.Pow10(-len(decimals))/2, nil
}

// end is an end of the quantity's interval.
func end(q Quantity, x float64) (Quantity, error) {
	if !q.Known() {
		return q, nil
	}
	if !q.Interval().Bounded() {
		return q, errors.New("low and high need an interval, which takes two repetitions")
	}
	return Quantity{exact: true, shift: x, Points: q.Points}, nil
}

// Evaluate evaluates an expression over the results; vars are variables that it may name, with numbers or strings. Its
// error says what is wrong with the expression and how to put it right; a number that was not measured is not an error.
func (r *Results) Evaluate(expression string, vars map[string]any) (Quantity, error) {
	return run[Quantity](r, expression, vars, `a quantity, such as peak("2b", "mabd", "read")`)
}

// Compare evaluates an inequality over the results, as Evaluate does an expression.
func (r *Results) Compare(inequality string, vars map[string]any) (Comparison, error) {
	return run[Comparison](r, inequality, vars, `an inequality, such as peak("2b", "mabd", "read") >= 30`)
}

func run[T any](r *Results, expression string, vars map[string]any, wanted string) (T, error) {
	var none T
	env := r.functions()
	maps.Copy(env, vars)
	err := checkNames(expression, env)
	program, compileErr := expr.Compile(expression, append(operators(), expr.DisableAllBuiltins(), expr.Env(env))...)
	if err = cmp.Or(err, compileErr); err != nil {
		return none, fmt.Errorf("%w\nknown here: %s", err, list(append(slices.Sorted(maps.Keys(vars)), usage)))
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
func checkNames(expression string, known map[string]any) error {
	tree, err := parser.Parse(expression)
	if err != nil {
		return err
	}
	unknown := ast.Find(tree.Node, func(n ast.Node) bool {
		id, ok := n.(*ast.IdentifierNode)
		return ok && known[id.Value] == nil
	})
	if unknown != nil {
		return fmt.Errorf("unknown name %s", unknown)
	}
	return nil
}

// operators are the meanings of signs between quantities.
func operators() (all []expr.Option) {
	for sign, of := range map[string]func(a, b Quantity) Quantity{
		"+": Quantity.plus, "-": Quantity.minus, "*": Quantity.times, "/": Quantity.by,
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
