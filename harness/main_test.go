package harness

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/powbench/powbench/harness/experiment"
	"github.com/powbench/powbench/netem"
)

// load reads the text as an experiment file.
func load(t *testing.T, text string) *experiment.Experiment {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.yaml")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	e, err := experiment.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// newRunner is a runner of the experiment that has not begun, with that many hosts, on links of that rate.
func newRunner(t *testing.T, text string, servers, clients int, rateBits int64) *runner {
	t.Helper()
	r := &runner{experiment: load(t, text)}
	r.Experiment = r.experiment
	r.hosts = layout{
		testbed: &netem.Testbed{Topology: netem.Topology{RateBits: rateBits}},
		servers: make([]*netem.Host, servers), clients: make([]*netem.Host, clients),
	}
	r.manifest.Testbed.RateBits = rateBits
	return r
}

// idleHosts are the hosts of a runner that measures nothing: one for all servers, three for clients, unshaped.
var idleHosts = layout{
	testbed: &netem.Testbed{}, servers: make([]*netem.Host, 1), clients: make([]*netem.Host, 3),
}

// near reports whether got is want but for rounding.
func near(got, want, tolerance float64) bool { return got >= want-tolerance && got <= want+tolerance }
