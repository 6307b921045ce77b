package netem

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestAskedDelays: what the tables make of 20 ms ± 4 ms. The numbers of iproute2's tables follow from its files.
func TestAskedDelays(t *testing.T) {
	for table, want := range map[string][6]float64{ // ms: mean, sd, min, p50, p90, max
		"pareto":       {19.866, 3.279, 17.333, 18.718, 23.487, 36.000},
		"pareto-exact": {20.000, 4.000, 16.720, 18.556, 24.883, 36.000},
		"normal":       {19.997, 4.000, 4.000, 19.998, 25.125, 34.091},
		"uniform":      {20.000, 2.309, 16.001, 19.999, 23.200, 23.999},
	} {
		d := Delay{Mean: 20 * ms, Jitter: 4 * ms, Distribution: table}
		got := []time.Duration{
			d.AskedMean(), d.AskedSD(), d.Quantile(0), d.Quantile(0.5), d.Quantile(0.9), d.Quantile(1),
		}
		for i, w := range want {
			if g := got[i].Seconds() * 1e3; math.Abs(g-w) > 0.001 {
				t.Errorf("%s: value %d is %.3f ms, want %.3f (%v)", table, i, g, w, got)
			}
		}
	}
	if tables := Tables(); !slices.Equal(tables, []string{"normal", "pareto", "pareto-exact", "uniform"}) {
		t.Errorf("Tables() = %v", tables)
	}
}

// TestCutTailOfPareto: iproute2's table ends at 4 jitters, where 1.07 % of the packets are.
func TestCutTailOfPareto(t *testing.T) {
	d := Delay{Mean: 20 * ms, Jitter: 4 * ms}
	if atEnd := 1 - d.CDF(d.Quantile(1)-1); math.Abs(atEnd-0.0107) > 0.0001 {
		t.Errorf("%.4f of the packets are at the end", atEnd)
	}
}

func anyDelay() *rapid.Generator[Delay] {
	return rapid.Custom(func(t *rapid.T) Delay {
		return Delay{
			Mean:         time.Duration(rapid.Int64Range(1, 1e9).Draw(t, "mean")),
			Jitter:       time.Duration(rapid.Int64Range(0, 1e9).Draw(t, "jitter")),
			Distribution: rapid.SampledFrom(append(Tables(), "")).Draw(t, "distribution"),
			Loss:         rapid.Float64Range(0, 1).Draw(t, "loss"),
			Reorder:      rapid.SampledFrom([]float64{0, 0.01, 0.5, 1}).Draw(t, "reorder"),
		}
	})
}

// TestCDF: it is a distribution function, of the same distribution as quantiles, mean and standard deviation.
func TestCDF(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := anyDelay().Draw(t, "delay")
		if err := d.Check(); err != nil {
			t.Fatal(err)
		}
		x := time.Duration(rapid.Int64Range(0, 5e9).Draw(t, "x"))
		y := x + time.Duration(rapid.Int64Range(0, 1e9).Draw(t, "y-x"))
		if d.CDF(-1) != 0 || d.CDF(x) < d.Reorder || d.CDF(x) > d.CDF(y) || d.CDF(d.Quantile(1)) != 1 {
			t.Fatalf("CDF(%v) = %g, CDF(%v) = %g, CDF(%v) = %g",
				x, d.CDF(x), y, d.CDF(y), d.Quantile(1), d.CDF(d.Quantile(1)))
		}
		p := rapid.Float64Range(0, 1).Draw(t, "p")
		const rounding = 1e-9
		if q := d.Quantile(p); d.CDF(q) < p-rounding || q > 0 && d.CDF(q-1) > p+rounding {
			t.Fatalf("Quantile(%g) = %v, CDF there %g, just before %g", p, q, d.CDF(q), d.CDF(q-1))
		}
		var mean, square float64 // from many quantiles
		const n = 1 << 12
		for i := range n {
			q := d.Quantile((float64(i) + 0.5) / n).Seconds()
			mean += q / n
			square += q * q / n
		}
		sd := math.Sqrt(max(0, square-mean*mean))
		near := 0.001*d.Quantile(1).Seconds() + 1e-9
		if math.Abs(mean-d.AskedMean().Seconds()) > near || math.Abs(sd-d.AskedSD().Seconds()) > 10*near {
			t.Fatalf("mean %v, sd %v; quantiles give %g s, %g s", d.AskedMean(), d.AskedSD(), mean, sd)
		}
	})
}

func TestDelayIsChecked(t *testing.T) {
	for want, d := range map[string]Delay{
		`"cauchy": choose one of normal, pareto`: {Distribution: "cauchy"},
		"a mean from 0":                          {Mean: -1},
		"a jitter from 0":                        {Jitter: 3 * time.Second},
		"loss 1.5":                               {Loss: 1.5},
		"reorder NaN":                            {Reorder: math.NaN()},
		"give a mean delay too":                  {Reorder: 0.1},
		"rate from 8":                            {RateBits: 7},
		"limit -1":                               {Limit: -1},
	} {
		topology := Topology{Hosts: []string{"a", "b"}, Delay: func(from, _ string) Delay {
			if from == "b" {
				return d
			}
			return Delay{}
		}}
		_, err := New(t.Context(), topology)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "from b to a") {
			t.Errorf("New with %+v = %v, want an error with %q", d, err, want)
		}
	}
}
