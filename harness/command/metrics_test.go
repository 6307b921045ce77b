package command

import (
	"io"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/powbench/powbench/plots/command"
)

// Servers that up starts tell what they did, each at a port of its own; a port that is taken is an error that says so.
func TestUpMetrics(t *testing.T) {
	dir, ports := filepath.Join(t.TempDir(), "cluster"), freePorts(t, 6)
	first, err := strconv.Atoi(ports)
	if err != nil {
		t.Fatal(err)
	}
	at := strconv.Itoa(first + 3)
	startCluster(t, "--dir", dir, "--protocol", "mabd", "--port", ports, "--metrics", at)
	put(t, dir, "k", []byte("value"))
	r, err := http.Get("http://127.0.0.1:" + at + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	page, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`powbench_requests_total{kind="Put",outcome="ok"} `, "powbench_storage_applied_bytes_total ", "powbench_connections ",
		`powbench_role_connections{role="writer"} `, `powbench_request_bytes{role="reader"} 0`, `powbench_reply_bytes{role="reader"} 0`,
		`powbench_cut_connections{role="reader"} 0`, "powbench_displaced_connections_total 0",
	} {
		if !strings.Contains(string(page), "\n"+want) {
			t.Errorf("no %q in\n%s", want, page)
		}
	}
	code, _, stderr := play(t, "up", "--dir", dir+"2", "--protocol", "mabd", "--port", freePorts(t, 3), "--metrics", at)
	if code != command.Failed || !strings.Contains(stderr, "cannot serve metrics at 127.0.0.1:"+at) {
		t.Errorf("exit code %d, error %q", code, stderr)
	}
}
