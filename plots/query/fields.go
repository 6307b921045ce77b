package query

import (
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"

	"github.com/powbench/powbench/harness/result"
)

// A field reads a number of a T, and whether it is there.
type field[T any] func(T) (float64, bool)

// What has fields, each under its name in the results' files, such as "latency_ms.mean": points, links and delays as they
// were measured.
var (
	pointFields = withDeviations(numbersIn[result.Point](reflect.TypeFor[result.Point](), "", nil))
	linkFields  = numbersIn[result.Link](reflect.TypeFor[result.Link](), "link.", nil)
	delayFields = numbersIn[result.MeasuredDelay](reflect.TypeFor[result.MeasuredDelay](), "delay.", nil)
)

// numbersIn is every number in a struct, and in those that are part of it.
func numbersIn[T any](t reflect.Type, prefix string, index []int) map[string]field[T] {
	all := map[string]field[T]{}
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		name, path := prefix+name, append(slices.Clip(index), i)
		kind := f.Type
		if kind.Kind() == reflect.Pointer {
			kind = kind.Elem()
		}
		switch {
		case f.Anonymous:
			maps.Copy(all, numbersIn[T](kind, prefix, path))
		case kind.Kind() == reflect.Struct:
			maps.Copy(all, numbersIn[T](kind, name+".", path))
		case kind.ConvertibleTo(reflect.TypeFor[float64]()):
			all[name] = func(x T) (float64, bool) {
				v, err := reflect.ValueOf(x).FieldByIndexErr(path)
				if err != nil { // it is in a part that is not there
					return 0, false
				}
				return v.Convert(reflect.TypeFor[float64]()).Float(), true
			}
		}
	}
	return all
}

// withDeviations adds how far the bytes per operation are from the cost model, as a share of it, in the direction where that
// is more: "wire_deviation" by the transport's counters, "link_deviation" by the links'. Where the model is below the
// value's size, the share is of that, as in the rule for valid points.
func withDeviations(all map[string]field[result.Point]) map[string]field[result.Point] {
	share := func(is, model float64) float64 { return math.Abs(is-model) / max(1, model) }
	all["wire_deviation"] = func(p result.Point) (float64, bool) {
		return max(share(p.WireFactor.ClientToServer, p.CostFactor.ClientToServer),
			share(p.WireFactor.ServerToClient, p.CostFactor.ServerToClient)), true
	}
	all["link_deviation"] = func(p result.Point) (float64, bool) {
		size := float64(p.LoadOps) * float64(p.ValueBytes)
		return max(share(float64(p.LinkBytes.ClientToServer)/size, p.CostFactor.ClientToServer),
			share(float64(p.LinkBytes.ServerToClient)/size, p.CostFactor.ServerToClient)), p.Shaped
	}
	return all
}

// fieldOf is the field of that name.
func fieldOf[T any](name string, fields map[string]field[T]) (field[T], error) {
	f, ok := fields[name]
	if !ok {
		return nil, fmt.Errorf("unknown field %q: it is %s", name, options(fields))
	}
	return f, nil
}
