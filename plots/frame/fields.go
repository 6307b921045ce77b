package frame

import (
	"math"
	"reflect"
	"strings"

	"github.com/powbench/powbench/harness/result"
)

// Shares are those of percentiles, by their names in results.
var Shares = map[string]float64{"p50": Median, "p90": 0.9, "p99": P99, "p999": 0.999}

// Sample is how many operations the latencies of a part of the point are of: of reads or writes, or else of all.
func Sample(p result.Point, part string) int64 {
	switch {
	case part == "reads" && p.ReadOps != nil:
		return p.ReadOps.Ops
	case part == "writes" && p.WriteOps != nil:
		return p.WriteOps.Ops
	}
	return p.Ops
}

// Numbers are the numbers in a struct and in those that are part of it, under their names in the results' files, such as
// "latency_ms.mean"; NaN stands for one that was not recorded.
func Numbers(x any) map[string]float64 {
	all := map[string]float64{}
	addNumbers(all, reflect.ValueOf(x), "", true)
	return all
}

func addNumbers(all map[string]float64, v reflect.Value, prefix string, recorded bool) {
	float := reflect.TypeFor[float64]()
	for i := range v.NumField() {
		f, x, recorded := v.Type().Field(i), v.Field(i), recorded
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if x.Kind() == reflect.Pointer {
			if recorded = recorded && !x.IsNil(); !recorded {
				x = reflect.New(x.Type().Elem())
			}
			x = x.Elem()
		}
		switch {
		case f.Anonymous:
			addNumbers(all, x, prefix, recorded)
		case x.Kind() == reflect.Struct:
			addNumbers(all, x, prefix+name+".", recorded)
		case x.CanConvert(float):
			all[prefix+name] = math.NaN()
			if recorded {
				all[prefix+name] = x.Convert(float).Float()
			}
		}
	}
}
