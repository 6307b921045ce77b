package metrics

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/powbench/powbench/transport"
)

// get fetches a page of the endpoint.
func get(t *testing.T, e *Endpoint, path string) string {
	t.Helper()
	r, err := http.Get("http://" + e.Addr().String() + path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	page, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", path, r.Status, err)
	}
	return string(page)
}

func TestEndpoint(t *testing.T) {
	e, err := Listen(t.Context(), "0")
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	e.Gauge("things", "Things.", func() float64 { return 3 })
	e.GaugeOf("parts", "Parts.", "colour", "red", func() float64 { return 4 })
	e.GaugeOf("parts", "Parts.", "colour", "blue", func() float64 { return 5 })
	e.Traffic(func() transport.Traffic { return transport.Traffic{Sent: transport.Count{Messages: 2, Bytes: 700}} })
	w := e.Work("request", "Requests")
	w.Begin("GET")("ok")
	w.Begin("GET")("refused")
	w.Begin("PUT")
	page := get(t, e, "/metrics")
	for _, want := range []string{
		"powbench_things 3", `powbench_parts{colour="red"} 4`, `powbench_parts{colour="blue"} 5`, "powbench_sent_bytes_total 700", "powbench_sent_messages_total 2", "powbench_received_bytes_total 0",
		`powbench_requests_total{kind="GET",outcome="ok"} 1`, `powbench_requests_total{kind="GET",outcome="refused"} 1`,
		"powbench_requests_in_progress 1", `powbench_request_seconds_count{kind="GET"} 2`, "go_goroutines ", "process_open_fds ",
	} {
		if !strings.Contains(page, "\n"+want) {
			t.Errorf("no %q in\n%s", want, page)
		}
	}
	if index := get(t, e, "/debug/pprof/"); !strings.Contains(index, "goroutine") {
		t.Errorf("the index of profiles: %s", index)
	}
	if heap := get(t, e, "/debug/pprof/heap"); !strings.HasPrefix(heap, "\x1f\x8b") {
		t.Errorf("the heap's profile is no gzip file: %.20q", heap)
	}
	_, err = Listen(t.Context(), e.Addr().String())
	if err == nil || !strings.Contains(err.Error(), e.Addr().String()) || !strings.Contains(err.Error(), "choose another port") {
		t.Errorf("a port that is taken: %v", err)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	if _, err := http.Get("http://" + e.Addr().String() + "/metrics"); err == nil {
		t.Error("it serves although it was closed")
	}
	if err := (*Endpoint)(nil).Close(); err != nil {
		t.Errorf("none: %v", err)
	}
}

// Who does not ask for more than this machine gets no more.
func TestAddress(t *testing.T) {
	for given, want := range map[string]string{
		"9400": "127.0.0.1:9400", ":9400": "127.0.0.1:9400", "0.0.0.0:9400": "0.0.0.0:9400", "[::1]:1": "[::1]:1",
	} {
		if got, err := Address(given); got != want || err != nil {
			t.Errorf("%s: %s, %v, want %s", given, got, err, want)
		}
	}
	for _, wrong := range []string{"", "localhost", "a:b:c"} {
		if got, err := Address(wrong); err == nil || !strings.Contains(err.Error(), "give host:port") {
			t.Errorf("%q: %s, %v", wrong, got, err)
		}
	}
}
