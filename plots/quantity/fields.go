package quantity

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/powbench/powbench/harness/result"
)

// A field reads a number of a point.
type field func(result.Point) float64

// fields is every number of a point under its name in points.jsonl, such as "latency_ms.mean".
var fields = numbersIn(reflect.TypeFor[result.Point](), "", nil)

func numbersIn(t reflect.Type, prefix string, index []int) map[string]field {
	all := map[string]field{}
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		name, path := prefix+name, append(slices.Clip(index), i)
		switch {
		case f.Type.Kind() == reflect.Struct:
			for k, v := range numbersIn(f.Type, name+".", path) {
				all[k] = v
			}
		case f.Type.ConvertibleTo(reflect.TypeFor[float64]()) && f.Type.Kind() != reflect.String:
			all[name] = func(p result.Point) float64 {
				return reflect.ValueOf(p).FieldByIndex(path).Convert(reflect.TypeFor[float64]()).Float()
			}
		}
	}
	return all
}

// fieldOf is the field of that name.
func fieldOf(name string) (field, error) {
	f, ok := fields[name]
	if !ok {
		return nil, fmt.Errorf("unknown field %q of points: it is %s", name, options(fields))
	}
	return f, nil
}
