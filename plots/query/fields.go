package query

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/stat"
)

// Fields are a record's numbers by their names; NaN stands for one that was not recorded.
type fields map[string]float64

// fieldsOf are the numbers in a struct and in those that are part of it, under their names in the results' files, such as
// "latency_ms.mean", and others that are computed from it.
func fieldsOf(x any, others fields) fields {
	all := maps.Clone(others)
	if all == nil {
		all = fields{}
	}
	maps.Copy(all, frame.Numbers(x))
	return all
}

func ifRecorded[N int | int64 | float64](x N, recorded bool) float64 {
	if !recorded {
		return math.NaN()
	}
	return float64(x)
}

// ofPoint adds the most rounds that an operation took, and the most with data; and how far the bytes per operation are from
// the cost model, as a share of it, in the direction where that is more: by the transport's counters, "wire_deviation",
// or the links'. Where the model is below the value's size, the share is of that, as in the rule for valid points.
func ofPoint(p result.Point) fields {
	deviation := func(up, down float64) float64 {
		share := func(is, model float64) float64 { return math.Abs(is-model) / max(1, model) }
		return max(share(up, p.Model().ClientToServer), share(down, p.Model().ServerToClient))
	}
	size := float64(p.LoadOps) * float64(p.ValueBytes)
	link := deviation(float64(p.LinkBytes.ClientToServer)/size, float64(p.LinkBytes.ServerToClient)/size)
	return fieldsOf(p, fields{
		"rounds":         float64(most(p.Rounds, number)),
		"data_rounds":    ifRecorded(most(p.RoundKinds, data), len(p.RoundKinds) > 0),
		"wire_deviation": deviation(p.WireFactor.ClientToServer, p.WireFactor.ServerToClient),
		"link_deviation": ifRecorded(link, p.LinkBytes != (result.Traffic{})),
	}).and(ofCourse(p))
}

// ofCourse is throughput at the end of a long window over that in its beginning, its slope in percent per minute with the ends of
// its interval, and the growth of the servers' memory in the second half.
func ofCourse(p result.Point) fields {
	c, known := frame.CourseOf(p)
	bounded := known && c.Trend.HasInterval()
	return fields{
		"last_over_first": ifRecorded(c.Ratio.Value, known), "slope": ifRecorded(100*c.Trend.Slope, bounded),
		"memory_growth": ifRecorded(c.MemoryGrowth, known),
		"slope_low":     ifRecorded(100*c.Trend.Low, bounded), "slope_high": ifRecorded(100*c.Trend.High, bounded),
	}
}

// and adds others.
func (all fields) and(others fields) fields {
	maps.Copy(all, others)
	return all
}

// ofLead is from which size of the value on, in KiB, M-PoWerStore is ahead, as measured, with the ends of the interval, and by the
// model; where it is ahead from some size on, and not at all sizes or at none.
func ofLead(l frame.Lead) fields {
	all := fields{}
	for name, in := range map[string]frame.LeadIn{"bytes": l.Bytes, "peak": l.Peak, "latency": l.Latency} {
		is, model := in.Measured.Kind == stat.From, in.Model.Kind == stat.From
		all[name], all[name+".model"] = ifRecorded(in.Measured.At/1024, is), ifRecorded(in.Model.At/1024, model)
		all[name+".low"], all[name+".high"] = ifRecorded(in.Measured.Low/1024, is), ifRecorded(in.Measured.High/1024, is)
	}
	return all
}

// ofHistory is 1 for a point, valid or not, whose history was not found linearizable, if it has one.
func ofHistory(p result.Point) fields { return fields{"unverified": unverified(p.Linearizable)} }

func unverified(v result.Verdict) float64 {
	if v.Code == result.Linearizable || v.Code == result.NoHistory {
		return 0
	}
	return 1
}

// ofTrial adds the operations and findings of harm, and 1 more unless the history was found linearizable; and the most
// rounds that a READ or WRITE took, and the most with data. Earlier versions counted only the READs' rounds.
func ofTrial(t result.Trial) fields {
	reads, writes := max(most(t.ReadRounds, number), most(t.ReadKinds, result.Rounds.Total)), most(t.WriteKinds, result.Rounds.Total)
	return fieldsOf(t, fields{
		"harms":       float64(total(t.Harms)) + unverified(t.Linearizable),
		"read_rounds": ifRecorded(reads, reads > 0), "read_data_rounds": ifRecorded(most(t.ReadKinds, data), len(t.ReadKinds) > 0),
		"write_rounds": ifRecorded(writes, writes > 0), "write_data_rounds": ifRecorded(most(t.WriteKinds, data), len(t.WriteKinds) > 0),
	})
}

// ofCost adds the times in µs, and leaves out multiplications that were not counted.
func ofCost(c result.Cost) fields {
	all := fieldsOf(c, nil)
	for operation, s := range map[string]result.Spent{"construct": c.Construct, "verify": c.Verify} {
		all[operation+".us"] = s.Ns / 1e3
		all[operation+".multiplications"] = ifRecorded(s.Multiplications, s.Multiplications > 0)
	}
	return all
}

// ofSimulation is counts of schedules, operations, messages and READs; "harmless" are the schedules in which a protocol was to
// withstand an attack, and did.
func ofSimulation(s result.Simulated) fields {
	all := fields{
		"schedules": float64(s.Schedules), "operations": float64(s.Operations), "messages": float64(s.Messages),
		"reads": float64(total(s.Reads)), "starved": float64(s.Starved), "harms": float64(s.Harmed()),
		"harmless": ifRecorded(s.Schedules-s.Harmed(), s.Expectation == result.Withstand),
	}
	for harm, n := range s.Harms {
		all["harms."+harm] = float64(n)
	}
	for rounds, n := range s.Reads {
		all["reads."+strconv.Itoa(rounds)] = float64(n)
	}
	return all
}

// one counts what is so.
func one(is bool) float64 { return map[bool]float64{true: 1}[is] }

// ofMutant counts each mutant, what noticed it, and those that survive or that make no difference.
func ofMutant(m result.Mutant) fields {
	all := fields{"mutants": 1, "survivors": one(m.Survives()), "explained": one(m.Reason != "")}
	for _, k := range result.Killers() {
		all["killed."+strings.ReplaceAll(string(k), " ", "_")] = one(m.Killed == k)
	}
	return all
}

// ofHunts counts the hunts for a mistake that shows under an attack, those in which it was alive after so many schedules, and the
// mistakes that no hunt found or no attack showed.
func ofHunts(h result.Hunts) fields {
	if h.Attack == "" {
		h.Schedules = nil // of a look at all attacks
	}
	all := fields{"hunts": float64(len(h.Schedules)), "mistakes": one(h.Attack != ""), "hidden": one(h.Attack == "" && h.Mutant != "")}
	for _, schedules := range []uint64{1, 10, 100, 1000} {
		alive := 0
		for i := range h.Schedules {
			if h.Alive(i, schedules) {
				alive++
			}
		}
		all[fmt.Sprintf("alive.%d", schedules)] = float64(alive)
	}
	all["never"] = one(h.Attack != "" && !slices.ContainsFunc(h.Schedules, func(n uint64) bool { return n > 0 }))
	return all
}

// ofExploration counts each exploration, each that is complete, and each that found harm which must not be.
func ofExploration(e result.Explored) fields {
	return fields{
		"explorations": 1, "complete": one(e.Complete), "unexpected": one(!e.Held), "executions": float64(e.Executions),
		"states": float64(e.States), "minutes": e.Seconds / 60,
	}
}

func total[K comparable](numbers map[K]int64) (n int64) {
	for _, x := range numbers {
		n += x
	}
	return n
}

// most is the largest count that the rounds of an operation come to.
func most[K comparable](operations map[K]int64, count func(K) int) (top int) {
	for rounds, n := range operations {
		if n > 0 {
			top = max(top, count(rounds))
		}
	}
	return top
}

func number(text string) int {
	n, _ := strconv.Atoi(text) // any other text counts as 0
	return n
}

func data(r result.Rounds) int { return r.Data }
