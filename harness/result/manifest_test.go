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
