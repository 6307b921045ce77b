package report

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/claims"
)

// hostile is a text that would run code if any context let it through.
const hostile = `x</script></style></textarea>"'><img src=x onerror=alert(1)><svg onload=alert(1)><a href="javascript:alert(1)">`

// poison makes every text that v reaches hostile.
func poison(v reflect.Value, except ...string) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			poison(v.Elem(), except...)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			name := v.Type().Field(i).Name
			if !slices.Contains(except, name) {
				poison(v.Field(i), except...)
			}
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return
		}
		if v.Len() == 0 {
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		}
		for i := range v.Len() {
			poison(v.Index(i), except...)
		}
	case reflect.Map:
		if v.Type().Key().Kind() == reflect.String {
			value := reflect.New(v.Type().Elem()).Elem()
			poison(value)
			v.Set(reflect.MakeMap(v.Type()))
			v.SetMapIndex(reflect.ValueOf(hostile), value)
		}
	case reflect.String:
		v.SetString(hostile)
	}
}

// Results come from others, and so may what is in their texts.
func TestHostileTextsStayTexts(t *testing.T) {
	points, trials := measured(1), attacked()
	points.Points, trials.Trials = points.Points[:1], trials.Trials[:1]
	for _, s := range []*result.Set{points, trials} {
		s.Dir = "results/" + hostile
		poison(reflect.ValueOf(&s.Manifest).Elem())
		s.Manifest.Config = []byte(`{"attacks":["` + strings.ReplaceAll(hostile, `"`, `\"`) + `"],"protocols":["` +
			strings.ReplaceAll(hostile, `"`, `\"`) + `"]}`)
	}
	poison(reflect.ValueOf(&points.Points[0]).Elem(), "Figure", "Op", "Arrival", "Attack")
	poison(reflect.ValueOf(&trials.Trials[0]).Elem(), "Timeline")
	trials.Trials[0].Expected, trials.Trials[0].Skipped = hostile, ""
	costs := &result.Set{Dir: "results/table1", Costs: []result.Cost{{T: 1, SecurityBits: 80, Repetition: 1, Attempt: 1}}}
	costs.Costs[0].Valid = true
	costs.Costs[0].Construct.Ns, costs.Costs[0].Verify.Ns = 1500, 400
	poison(reflect.ValueOf(&costs.Costs[0]).Elem())
	var verdict claims.Verdict
	poison(reflect.ValueOf(&verdict).Elem())
	page, root := render(t, Input{Sets: []*result.Set{points, trials, costs}, Claims: []claims.Verdict{verdict}})
	for _, n := range elements(root, all) {
		if n.Data == "img" || n.Data == "textarea" {
			t.Fatalf("a text became an element %s", n.Data)
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || strings.Contains(a.Val, "javascript:") && a.Key == "href" {
				t.Fatalf("a text became an attribute %s=%q", a.Key, a.Val)
			}
		}
	}
	for _, name := range []string{"script", "style"} {
		if n := elements(root, func(n *html.Node) bool { return n.Data == name }); len(n) != 1 {
			t.Errorf("%d elements %s, want the one", len(n), name)
		}
	}
	if n := strings.Count(text(root), hostile); n < 40 {
		t.Errorf("the text appears %d times, want it in all places", n)
	}
	if strings.Contains(page, "ZgotmplZ") {
		t.Error("a text stands where the template allows none")
	}
}
