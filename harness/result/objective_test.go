package result

import (
	"encoding/json"
	"math"
	"testing"
	"time"
)

// ofP99 is an objective of 20 ms for the 99th percentile.
func ofP99(confidence Share) Objective {
	return Objective{P99: Duration(20 * time.Millisecond), Confidence: confidence, Step: 5 * Percent, From: 25 * PerSecond}
}

// The exact binomial test: what few slower operations of many show, and what they leave open.
func TestJudge(t *testing.T) {
	o := ofP99(95 * Percent)
	for _, c := range []struct {
		operations, slower int64
		want               Answer
	}{
		{0, 0, Undecided},
		{298, 0, Undecided},
		{299, 0, Kept},
		{299, 1, Undecided},
		{472, 1, Undecided},
		{473, 1, Kept},
		{1000, 10, Undecided},
		{1000, 4, Kept},
		{1000, 5, Undecided},
		{1000, 15, Undecided},
		{1000, 16, Exceeded},
		{10, 2, Exceeded},
		{20, 20, Exceeded},
		{100_000, 900, Kept},
		{100_000, 1000, Undecided},
		{100_000, 1100, Exceeded},
	} {
		if got := o.Judge(c.operations, c.slower); got != c.want {
			t.Errorf("%d of %d slower: %s, want %s", c.slower, c.operations, got, c.want)
		}
	}
}

// The probabilities add up, and agree with what a calculator says of a few.
func TestAtMostBeyond(t *testing.T) {
	for _, c := range []struct {
		k, n  int64
		share float64
		want  float64
	}{{0, 10, 0.5, 1. / 1024}, {5, 10, 0.5, 0.623046875}, {9, 10, 0.5, 1023. / 1024}, {10, 10, 0.9, 1}, {0, 299, 0.99, 0.0495}, {1, 100, 0.99, 0.7358}} {
		if got := AtMostBeyond(c.k, c.n, c.share); math.Abs(got-c.want) > 5e-5 {
			t.Errorf("at most %d of %d beyond %v: %v, want %v", c.k, c.n, c.share, got, c.want)
		}
	}
}

// Least and Enough are the smallest samples of which the test says what they promise.
func TestSampleSizes(t *testing.T) {
	for _, confidence := range []Share{80 * Percent, 95 * Percent, 99 * Percent} {
		for _, o := range []Objective{{P50: 1}, {P90: 1}, {P99: 1}, {P999: 1}} {
			o.Confidence = confidence
			least, enough := o.Least(), o.Enough()
			if o.Judge(least, 0) != Kept || o.Judge(least-1, 0) == Kept {
				t.Errorf("%v: %d operations are not the least", o, least)
			}
			half := int64(float64(enough) * (1 - o.Limit().Share) / 2)
			if enough < least || o.Judge(enough, half) != Kept {
				t.Errorf("%v: of %d operations %d slower ones are not shown to be few", o, enough, half)
			}
		}
	}
	if got := ofP99(95 * Percent).Least(); got != 299 {
		t.Errorf("a p99 takes %d operations, want 299", got)
	}
}

// An objective is in JSON as it is in a file, and makes one more load of each series; closed loops only beside listed clients.
func TestObjectiveInPlans(t *testing.T) {
	data, err := json.Marshal(ofP99(95 * Percent))
	if want := `{"p99":"20ms","confidence":"95%","step":"5%","from":"25/s"}`; err != nil || string(data) != want {
		t.Errorf("%s, %v, want %s", data, err, want)
	}
	var p Plan
	if err := json.Unmarshal([]byte(`{"clients":"saturate","arrival":{"process":"fixed","clients":4},"objective":`+string(data)+`}`), &p); err != nil {
		t.Fatal(err)
	}
	if got := p.Loads(); len(got) != 1 || !got[0].RateSought() || got[0] != (Load{Clients: 4, Arrival: Fixed}) || p.Saturates() {
		t.Errorf("loads %+v", got)
	}
	p.Clients = Clients{1, 0}
	if got := p.Loads(); len(got) != 3 || got[0].RateSought() || got[1].RateSought() || !p.Saturates() {
		t.Errorf("loads %+v", got)
	}
	if (Objective{}).Asked() || !p.Objective.Asked() || p.Objective != ofP99(95*Percent) {
		t.Errorf("objective %+v", p.Objective)
	}
}
