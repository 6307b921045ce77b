package plots

import (
	"slices"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/query"
	"github.com/powbench/powbench/plots/tables"
)

// sealedSet is a run with TLS and without, of one client and of eight: TLS costs a fiftieth of the throughput and a twentieth of the
// latency.
func sealedSet() *result.Set {
	s := syntheticFigure(frame.Auth, 3)
	for i := range s.Points {
		p := &s.Points[i]
		p.DurationS, p.CPUS = 2, result.CPU{Clients: 1, Servers: 1}
	}
	for _, p := range slices.Clone(s.Points) {
		p.Clients = 1
		p.ThroughputMBps, p.ThroughputOps = p.ThroughputMBps/4, p.ThroughputOps/4
		s.Points = append(s.Points, p)
	}
	for _, p := range slices.Clone(s.Points) {
		p.Auth = result.TLS
		p.ThroughputMBps, p.ThroughputOps, p.LatencyMs.Mean = 0.98*p.ThroughputMBps, 0.98*p.ThroughputOps, 1.05*p.LatencyMs.Mean
		s.Points = append(s.Points, p)
	}
	return s
}

func TestTableOfTLS(t *testing.T) {
	all := must(Summary([]*result.Set{sealedSet()}))
	i := slices.IndexFunc(all, func(t tables.Table) bool { return t.Title == "What TLS costs" })
	if i < 0 {
		t.Fatal("there is no table of what TLS costs")
	}
	if n := len(all[i].Rows); n != 6 {
		t.Errorf("%d rows of three protocols and two operations", n)
	}
	for _, row := range all[i].Rows {
		for _, want := range []string{"0.980 [0.980, 0.980]", "1.050 [1.050, 1.050]", "1.02 [1.02, 1.02]"} {
			if !slices.Contains(row, want) {
				t.Errorf("no %s in %v", want, row)
			}
		}
	}
}

// On a screen, ratios of protocols with TLS and without are told apart.
func TestScreenOfTLS(t *testing.T) {
	says(t, "the screen", textOf(must(Screen([]*result.Set{sealedSet()}))), "M-PoWerStore / M-ABD  ", "M-PoWerStore / M-ABD, TLS")
}

// The figure has a strip with TLS beside each without, and no other figure shows both as one.
func TestFigureOfTLS(t *testing.T) {
	s := sealedSet()
	p := must(Pictures([]*result.Set{s}))[0]
	if p.Name != frame.Auth || len(p.Panels) != 1 {
		t.Fatalf("picture %s with %d panels", p.Name, len(p.Panels))
	}
	says(t, "a panel", p.Panels[0], ">M-ABD<", ">M-ABD, TLS<", ">Phalanx, TLS<", "Peak throughput (MB/s)")
	for i := range s.Points {
		s.Points[i].Figure = "2a"
	}
	if _, err := Pictures([]*result.Set{s}); err == nil || !strings.Contains(err.Error(), "one figure or table cannot show both") {
		t.Errorf("figure 2(a) with TLS and without: %v", err)
	}
}

// Claims and numbers speak of connections in the clear unless they say otherwise.
func TestQueriesOfTLS(t *testing.T) {
	r, err := query.New([]*result.Set{sealedSet()}, result.Virtual{})
	if err != nil {
		t.Fatal(err)
	}
	for expression, want := range map[string]float64{
		`peak("auth", "mabd", "read", {auth: "tls"}) / peak("auth", "mabd", "read")`:                                               0.98,
		`latency("auth", "mabd", "read", {clients: 1, auth: "tls"}) / latency("auth", "mabd", "read", {clients: 1, auth: "none"})`: 1.05,
	} {
		q, err := r.Evaluate(expression, nil)
		if err != nil {
			t.Errorf("%s: %v", expression, err)
		} else if got := q.Interval().Value; got < want-1e-9 || got > want+1e-9 {
			t.Errorf("%s is %v, want %v", expression, got, want)
		}
	}
	if _, err := r.Evaluate(`peak("auth", "mabd", "read", {auth: "ssh"})`, nil); err == nil || !strings.Contains(err.Error(), `unknown auth "ssh": it is none, tls`) {
		t.Errorf("an auth that there is not: %v", err)
	}
}
