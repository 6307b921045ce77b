package result

import (
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestCostRoundTrip(t *testing.T) {
	var want Cost
	set(reflect.ValueOf(&want).Elem(), new(int))
	dir := newSet(t, 0)
	for _, c := range []Cost{want, {Scheme: "ed25519"}} {
		if err := Append(dir, c); err != nil {
			t.Fatal(err)
		}
	}
	want.Schema = SchemaVersion // Append sets it, whatever the cost says
	s := mustRead(t, dir)
	if len(s.Costs) != 2 || len(s.Points)+len(s.Trials) != 0 || s.Costs[1].Scheme != "ed25519" {
		t.Fatalf("read back %+v", s)
	}
	if !reflect.DeepEqual(s.Costs[0], want) {
		t.Errorf("read back %+v\nwant %+v", s.Costs[0], want)
	}
}

// What an interrupted run leaves of its last line is no cost, and the next one takes its place.
func TestTornCost(t *testing.T) {
	line, err := json.Marshal(Cost{Schema: SchemaVersion, Scheme: "first"})
	if err != nil {
		t.Fatal(err)
	}
	for cut := range len(line) {
		dir := newSet(t, 0)
		overwrite(t, dir, CostsFile, string(line)+"\n"+string(line[:cut]))
		if err := Append(dir, Cost{Scheme: "second"}); err != nil {
			t.Fatal(err)
		}
		if s := mustRead(t, dir); len(s.Costs) != 2 || s.Costs[1].Scheme != "second" {
			t.Fatalf("cut at byte %d of the second line: %+v", cut, s.Costs)
		}
	}
}

func TestReadRefusesCosts(t *testing.T) {
	for want, text := range map[string]string{
		CostsFile + ":1: results of schema version 9": `{"schema":9}` + "\n",
		CostsFile + ":1: json: cannot unmarshal":      fmt.Sprintf(`{"schema":%d,"t":"one"}`, SchemaVersion) + "\n",
		CostsFile + ":1: unexpected end":              "\n",
	} {
		dir := newSet(t, 0)
		overwrite(t, dir, CostsFile, text)
		if err := readAll(dir); err == nil || !strings.Contains(err.Error(), filepath.Join(dir, want)) {
			t.Errorf("Read: %v, want %s", err, want)
		}
	}
}

// A deviation is a share of the model or, where that is less than a value, of the value.
func TestDeviation(t *testing.T) {
	p := Point{Series: Series{ValueBytes: 1000}, LoadOps: 10, ModelFactor: TrafficFactor{4, 0.25}, LinkBytes: Traffic{41_000, 2_600}}
	if d, known := p.Deviation(p.LinkFactor()); !known || math.Abs(d.ClientToServer-0.025) > 1e-9 || math.Abs(d.ServerToClient-0.01) > 1e-9 {
		t.Errorf("deviation %v, %v", d, known)
	}
	for _, p := range []Point{{LoadOps: 10, CostFactor: TrafficFactor{2, 1}}, {ModelFactor: TrafficFactor{2, 1}}} {
		if d, known := p.Deviation(p.LinkFactor()); known {
			t.Errorf("%+v of a point without model or operations", d)
		}
	}
}
