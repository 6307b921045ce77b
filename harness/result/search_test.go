package result

import (
	"slices"
	"testing"
)

// The plateau is all that is no further below the best than the gain; noise beside it neither ends nor moves it.
func TestPlateau(t *testing.T) {
	for name, c := range map[string]struct {
		throughputs []float64 // of 1, 2, 4, … clients
		again       map[int]float64
		want        []int
	}{
		"grows all the time":             {[]float64{10, 20, 40, 80}, nil, []int{8}},
		"flat from the beginning":        {[]float64{10, 10, 10}, nil, []int{1, 2, 4}},
		"flat at first, in noise":        {[]float64{10.5, 10.5, 10.5, 11.6, 11.7}, nil, []int{8, 16}},
		"one client, and twice as much":  {[]float64{27.9, 28.2, 28.5, 45, 51.1}, nil, []int{16}},
		"falls":                          {[]float64{10, 20, 15, 10}, nil, []int{2}},
		"a dip":                          {[]float64{10, 9, 20, 19, 20}, nil, []int{4, 16}},
		"just within the gain":           {[]float64{97.1, 100}, nil, []int{1, 2}},
		"just outside":                   {[]float64{96.9, 100}, nil, []int{2}},
		"a chance that a repeat exposes": {[]float64{20, 26, 21}, map[int]float64{2: 15}, []int{4, 2}},
		"one step":                       {[]float64{10}, nil, []int{1}},
		"nothing at all":                 {[]float64{0, 0}, nil, []int{1, 2}},
		"no step":                        {},
	} {
		t.Run(name, func(t *testing.T) {
			var s Search
			for i, x := range c.throughputs {
				s.Steps = append(s.Steps, SearchStep{Clients: 1 << i, ThroughputMBps: x})
			}
			for n, x := range c.again {
				s.Steps = append(s.Steps, SearchStep{Clients: n, ThroughputMBps: x})
			}
			slices.Sort(c.want)
			if got := s.Plateau(3 * Percent); !slices.Equal(got, c.want) {
				t.Errorf("%v, %v again: %v, want %v", c.throughputs, c.again, got, c.want)
			}
		})
	}
}

// The gain of searches is what the experiment said, if the manifest tells.
func TestSearchGain(t *testing.T) {
	for config, want := range map[string]Share{
		`{"search":{"gain":"3%","clients":[1,2]}}`: 3 * Percent, `{"search":{"gain":"0.5%"}}`: Percent / 2,
		`{"search":{}}`: -1, `{"search":[]}`: -1, `{}`: -1, ``: -1,
	} {
		gain, told := Manifest{Config: []byte(config)}.SearchGain()
		if told != (want >= 0) || told && gain != want {
			t.Errorf("%s: %v, %v, want %v", config, gain, told, want)
		}
	}
}

// Searches of earlier versions are those of the experiment's one suite and durability.
func TestSearchesOfOlderResults(t *testing.T) {
	dir := newSet(t, 0)
	of := Series{Protocol: "mabd", Suite: Modern, Durability: "fsync", Op: OpRead, T: 1}
	bare := of
	bare.Suite, bare.Durability = "", ""
	config := []byte(`{"suite":"modern","durability":["fsync"]}`)
	if err := WriteManifest(dir, Manifest{Config: config, Searches: []Search{{Series: bare}, {Series: of}}}); err != nil {
		t.Fatal(err)
	}
	of.Variant = Paper
	for i, s := range mustRead(t, dir).Manifest.Searches {
		if s.Series != of {
			t.Errorf("search %d is of %+v, want %+v", i, s.Series, of)
		}
	}
}
