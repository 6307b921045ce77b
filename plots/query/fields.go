package query

import (
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/powbench/powbench/harness/result"
)

// A field reads a number of a record's data, and whether it was recorded.
type field func(data any) (number float64, recorded bool)

// numbersIn are the numbers in a T and in the structs that are part of it, under their names in the results' files, such as
// "latency_ms.mean".
func numbersIn[T any]() map[string]field {
	all := map[string]field{}
	addNumbers(all, reflect.TypeFor[T](), "", nil)
	return all
}

func addNumbers(all map[string]field, t reflect.Type, prefix string, index []int) {
	float := reflect.TypeFor[float64]()
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
			addNumbers(all, kind, prefix, path)
		case kind.Kind() == reflect.Struct:
			addNumbers(all, kind, name+".", path)
		case kind.ConvertibleTo(float):
			all[name] = func(x any) (float64, bool) {
				v, err := reflect.ValueOf(x).FieldByIndexErr(path)
				if err != nil { // it is in a part that was not recorded
					return 0, false
				}
				return v.Convert(float).Float(), true
			}
		}
	}
}

// always is a field that every T has.
func always[T any, N int | int64 | float64](of func(T) N) field {
	return func(x any) (float64, bool) { return float64(of(x.(T))), true }
}

// ifAny is a field of which 0 says that it was not recorded.
func ifAny[T any, N int | int64](of func(T) N) field {
	return func(x any) (float64, bool) { n := of(x.(T)); return float64(n), n > 0 }
}

// pointFields adds to a point's numbers the most rounds that an operation took, and the most with data; and how far the
// bytes per operation are from the cost model, as a share of it, in the direction where that is more: by the transport's
// counters, "wire_deviation", or the links'. Where the model is below the value's size, the share is of that, as in the
// rule for valid points.
func pointFields() map[string]field {
	share := func(is, model float64) float64 { return math.Abs(is-model) / max(1, model) }
	all := numbersIn[result.Point]()
	all["rounds"] = always(func(p result.Point) int { return mostRounds(p.Rounds) })
	all["data_rounds"] = dataRounds(func(p result.Point) map[result.Rounds]int64 { return p.RoundKinds })
	all["wire_deviation"] = always(func(p result.Point) float64 {
		return max(share(p.WireFactor.ClientToServer, p.CostFactor.ClientToServer),
			share(p.WireFactor.ServerToClient, p.CostFactor.ServerToClient))
	})
	all["link_deviation"] = func(x any) (float64, bool) {
		p := x.(result.Point)
		size := float64(p.LoadOps) * float64(p.ValueBytes)
		return max(share(float64(p.LinkBytes.ClientToServer)/size, p.CostFactor.ClientToServer),
			share(float64(p.LinkBytes.ServerToClient)/size, p.CostFactor.ServerToClient)), p.Shaped
	}
	return all
}

// historyFields has one: 1 for a point, valid or not, whose history was not found linearizable.
func historyFields() map[string]field {
	return map[string]field{"unverified": always(func(p result.Point) int { return unverified(p.Linearizable) })}
}

func unverified(v result.Verdict) int {
	if v.Code == result.Linearizable {
		return 0
	}
	return 1
}

// trialFields adds to a trial's numbers the operations and findings of harm, and 1 more unless its history was found
// linearizable; and the most rounds that a READ or WRITE took, and the most with data.
func trialFields() map[string]field {
	all := numbersIn[result.Trial]()
	all["harms"] = always(func(t result.Trial) int64 { return total(t.Harms) + int64(unverified(t.Linearizable)) })
	for op, kinds := range map[string]func(result.Trial) map[result.Rounds]int64{
		result.OpRead:  func(t result.Trial) map[result.Rounds]int64 { return t.ReadKinds },
		result.OpWrite: func(t result.Trial) map[result.Rounds]int64 { return t.WriteKinds },
	} {
		all[op+"_rounds"] = ifAny(func(t result.Trial) int {
			n := mostOf(kinds(t), result.Rounds.Total)
			if op == result.OpRead { // which earlier versions counted by rounds alone
				n = max(n, mostRounds(t.ReadRounds))
			}
			return n
		})
		all[op+"_data_rounds"] = dataRounds(kinds)
	}
	return all
}

// costFields adds to the numbers of a scheme's operation its time in µs.
func costFields() map[string]field {
	all := numbersIn[result.Spent]()
	all["us"] = always(func(s result.Spent) float64 { return s.Ns / 1e3 })
	all["multiplications"] = ifAny(func(s result.Spent) int64 { return s.Multiplications })
	return all
}

// simulatedFields are counts; "harmless" is the schedules in which a protocol was to withstand an attack, and did.
func simulatedFields() map[string]field {
	return map[string]field{
		"schedules":  always(schedules),
		"operations": always(func(s result.Simulated) int64 { return s.Operations }),
		"messages":   always(func(s result.Simulated) int64 { return s.Messages }),
		"harms":      always(result.Simulated.Harmed),
		"harmless": func(x any) (float64, bool) {
			s := x.(result.Simulated)
			return float64(s.Schedules - s.Harmed()), s.Expectation == result.Withstand
		},
	}
}

func schedules(s result.Simulated) int64 { return s.Schedules }

// simulatedShares are "harms.stale read", the share of the schedules of which that was the gravest harm, and "reads.3",
// that of the READs that took so many rounds.
func simulatedShares(name string) (part, whole field) {
	of, what, _ := strings.Cut(name, ".")
	rounds, err := strconv.Atoi(what)
	switch {
	case of == "harms" && what != "":
		return always(func(s result.Simulated) int64 { return s.Harms[what] }), always(schedules)
	case of == "reads" && err == nil:
		return always(func(s result.Simulated) int64 { return s.Reads[rounds] }), always(func(s result.Simulated) int64 { return total(s.Reads) })
	}
	return nil, nil
}

func total[K comparable](numbers map[K]int64) (n int64) {
	for _, x := range numbers {
		n += x
	}
	return n
}

// mostRounds is the largest number of rounds that some operation took.
func mostRounds(operations map[string]int64) (top int) {
	for text, n := range operations {
		if rounds, err := strconv.Atoi(text); err == nil && n > 0 {
			top = max(top, rounds)
		}
	}
	return top
}

// mostOf is the largest count that some operation's rounds have.
func mostOf(operations map[result.Rounds]int64, count func(result.Rounds) int) (top int) {
	for rounds, n := range operations {
		if n > 0 {
			top = max(top, count(rounds))
		}
	}
	return top
}

// dataRounds is the most rounds with data that an operation took; earlier versions did not record them.
func dataRounds[T any](kinds func(T) map[result.Rounds]int64) field {
	return func(x any) (float64, bool) {
		operations := kinds(x.(T))
		return float64(mostOf(operations, func(r result.Rounds) int { return r.Data })), len(operations) > 0
	}
}
