package catalog

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols"
)

func TestNames(t *testing.T) {
	if want := []string{"mpowerstore", "mabd", "phalanx", "powerstore", "cas", "pasis", "avid", "loft", "bftbc", "gv"}; !slices.Equal(Names(), want) {
		t.Errorf("%v, want %v: tables and legends have this order", Names(), want)
	}
	for _, name := range slices.Concat(Names(), VariantNames(), NullNames(), PebbleNames()) {
		if p, err := ByName(name); err != nil || protocols.NameOf(p) != name {
			t.Errorf("ByName(%q): %v, %v", name, p, err)
		}
	}
	for _, name := range VariantNames() {
		protocol, variant := protocols.SplitName(name)
		if !slices.Contains(Names(), protocol) || variant == protocols.Paper {
			t.Errorf("%s is a variant of no protocol", name)
		}
	}
	for _, name := range slices.Concat(NullNames(), PebbleNames()) {
		if _, namesake := protocols.SplitName(name); !slices.Contains(Names(), namesake) {
			t.Errorf("%s has no namesake", name)
		}
	}
}

// Who wants back what was written gets no null protocol, and all others.
func TestKeeping(t *testing.T) {
	for _, name := range slices.Concat(Names(), VariantNames()) {
		if p, err := Keeping(name); err != nil || protocols.NameOf(p) != name {
			t.Errorf("Keeping(%q): %v, %v", name, p, err)
		}
	}
	for _, name := range slices.Concat(NullNames(), PebbleNames()) {
		if _, err := Keeping(name); err == nil || !strings.Contains(err.Error(), name+" keeps no values") {
			t.Errorf("Keeping(%q): %v", name, err)
		}
	}
	if _, err := Keeping("paxos"); err == nil || !strings.Contains(err.Error(), "unknown") {
		t.Errorf("Keeping of an unknown protocol: %v", err)
	}
}

// Results of before manifests had titles are read with the titles and the order of the catalogue.
func TestEarlierResults(t *testing.T) {
	dir := t.TempDir()
	if err := result.WriteManifest(dir, result.Manifest{}); err != nil {
		t.Fatal(err)
	}
	known := Names()[:5] // those of that time
	for _, name := range known {
		if err := result.Append(dir, result.Point{Series: result.Series{Protocol: name, Variant: protocols.Paper}}); err != nil {
			t.Fatal(err)
		}
	}
	set, err := result.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range All()[:len(known)] {
		traits := p.Traits(1)
		want := result.System{Protocol: traits.Name, Variant: traits.Variant, Title: traits.Title, Order: i + 1}
		if got := set.Manifest.Systems[traits.System()]; got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
}

func TestUnknownName(t *testing.T) {
	want := `unknown protocol "paxos": choose one of ` + strings.Join(slices.Concat(Names(), VariantNames(), NullNames(), PebbleNames()), ", ")
	if _, err := ByName("paxos"); err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	if _, err := ByName(""); err == nil {
		t.Error("the empty name was found")
	}
}

// The network bound at 117.7 MB/s of goodput that follows from each cost, READ and WRITE alike: docs and figures show
// it beside what is measured.
func TestCost(t *testing.T) {
	for name, factors := range map[string][3]float64{ // t = 1, 2, 3
		"powerstore":  {4. / 2, 7. / 3, 10. / 4},
		"mpowerstore": {4. / 2, 7. / 3, 10. / 4},
		"mabd":        {3, 5, 7},
		"phalanx":     {4, 7, 10},
		"cas":         {4. / 2, 7. / 3, 10. / 4},
		"pasis":       {5. / 2, 9. / 3, 13. / 4},
		"avid":        {4. / 2, 7. / 3, 10. / 4},
		"loft":        {4. / 2, 7. / 3, 10. / 4},
		"bftbc":       {4, 7, 10},
		"gv":          {4, 7, 10},

		"mpowerstore+replicated": {4, 7, 10},
		"mpowerstore+bounded":    {4. / 2, 7. / 3, 10. / 4},
	} {
		p, err := ByName(name)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range factors {
			for _, op := range []protocols.Op{protocols.Read, protocols.Write} {
				cost := p.Traits(i + 1).Cost(op)
				if got := max(cost.ClientToServers, cost.ServersToClient); math.Abs(got-want) > 1e-9 {
					t.Errorf("%s of %s, t=%d: %v times the value, want %v", op, name, i+1, got, want)
				}
				if op == protocols.Write && cost.ServersToClient != 0 {
					t.Errorf("a WRITE of %s, t=%d, brings %v times the value back", name, i+1, cost.ServersToClient)
				}
			}
		}
	}
}

// What the variants move of a value, READ and WRITE, in the busier direction.
func TestVariantCost(t *testing.T) {
	for name, want := range map[string][2]float64{ // t = 1
		"mpowerstore+lean":       {1, 2},
		"mpowerstore+targeted":   {1.5, 1.5},
		"mabd+unanimous":         {3, 3},
		"mabd+metadata-first":    {1, 3},
		"mabd+targeted":          {2, 2},
		"phalanx+unanimous":      {4, 4},
		"phalanx+metadata-first": {1, 4},
		"phalanx+targeted":       {3, 3},
		"phalanx+ed25519":        {4, 4},
		"phalanx+rsa":            {4, 4},
		"avid+fp":                {2, 2},
	} {
		p, err := ByName(name)
		if err != nil {
			t.Fatal(err)
		}
		for i, op := range []protocols.Op{protocols.Read, protocols.Write} {
			cost := p.Traits(1).Cost(op)
			if got := max(cost.ClientToServers, cost.ServersToClient); math.Abs(got-want[i]) > 1e-9 {
				t.Errorf("%s of %s: %v times the value, want %v", op, name, got, want[i])
			}
		}
	}
}
