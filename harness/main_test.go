package harness

import (
	"errors"
	"io"
	"net/rpc"
	"net/rpc/jsonrpc"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/powbench/powbench/harness/experiment"
	"github.com/powbench/powbench/netem"
)

// testRole as its first argument makes this test binary a child process.
const testRole = "test-child"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == testRole {
		serveChild()
		return
	}
	os.Exit(m.Run())
}

// Service is what a child of these tests answers.
type Service struct{}

// Double returns twice the number.
func (Service) Double(n int, reply *int) error {
	*reply = 2 * n
	return nil
}

// Fail returns an error.
func (Service) Fail(_ int, _ *int) error { return errors.New("as asked") }

// Exit ends the process.
func (Service) Exit(code int, _ *int) error {
	os.Exit(code)
	return nil
}

// Hang does not return for longer than any test lasts.
func (Service) Hang(_ int, _ *int) error {
	time.Sleep(time.Hour)
	return nil
}

func serveChild() {
	server := rpc.NewServer()
	if err := server.Register(Service{}); err != nil {
		panic(err)
	}
	server.ServeCodec(jsonrpc.NewServerCodec(struct {
		io.Reader
		io.WriteCloser
	}{os.Stdin, os.Stdout}))
}

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
