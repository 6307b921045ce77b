package result

import (
	"reflect"
	"testing"
)

func TestSystems(t *testing.T) {
	dir := newSet(t, 0)
	outside := map[string]System{"mine": {Protocol: "mine", Variant: "paper", Title: "Mine", Order: 9}}
	if err := WriteManifest(dir, Manifest{Systems: outside}); err != nil {
		t.Fatal(err)
	}
	for _, s := range []Series{
		{Protocol: "mine", Variant: Paper},
		{Protocol: "cas", Variant: Paper},
		{Protocol: "mpowerstore", Variant: "lean"},
		{Protocol: "other", Variant: Paper},
	} {
		mustAppend(t, dir, Point{Series: s})
	}
	if err := Append(dir, Trial{Protocol: "mabd"}); err != nil {
		t.Fatal(err)
	}
	want := map[string]System{
		"mine":             {Protocol: "mine", Variant: "paper", Title: "Mine", Order: 9},
		"mpowerstore+lean": {Protocol: "mpowerstore", Variant: "lean", Title: "M-PoWerStore", Order: 1},
		"mabd":             {Protocol: "mabd", Variant: "paper", Title: "M-ABD", Order: 2},
		"cas":              {Protocol: "cas", Variant: "paper", Title: "CAS", Order: 5},
		"other":            {Protocol: "other", Variant: "paper", Title: "other", Order: 7},
	}
	if got := mustRead(t, dir).Manifest.Systems; !reflect.DeepEqual(got, want) {
		t.Errorf("systems %+v\nwant %+v", got, want)
	}
}

// A run's cores are its machine's, or those of all machines of its cluster, each once.
func TestCores(t *testing.T) {
	node := func(boot string, cores int) RemoteMachine {
		return RemoteMachine{BootID: boot, Machine: Machine{Cores: cores}}
	}
	for want, machines := range map[int][]RemoteMachine{
		2:  nil,
		28: {node("a", 4), node("b", 8), node("c", 16)},
		12: {node("a", 4), node("a", 4), node("b", 8)}, // two names of one machine
		16: {node("", 8), node("", 8)},                 // of which nothing tells that they are one
	} {
		m := Manifest{Machine: Machine{Cores: 2}, Testbed: Testbed{Machines: machines}}
		if got := m.Cores(); got != want {
			t.Errorf("%+v: %d cores, want %d", machines, got, want)
		}
	}
}
