package node

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/metrics"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/mabd"
)

// Requests count by the name of their body and by what became of them.
func TestCounted(t *testing.T) {
	e, err := metrics.Listen(t.Context(), "0")
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	outcomes := []error{nil, nil, protocols.ErrRefused, io.ErrClosedPipe}
	handle := counted(e.Work("request", "Requests"), func(protocols.Incoming, protocols.Memory) (
		m protocols.Message, err error,
	) {
		err, outcomes = outcomes[0], outcomes[1:]
		return m, err
	})
	for range 4 {
		_, _ = handle(protocols.Incoming{Role: protocols.Reader, Key: "k", Message: protocols.Message{Body: &mabd.GetTS{}}}, nil)
	}
	r, err := http.Get("http://" + e.Addr().String() + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	page, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	for outcome, n := range map[string]string{"ok": "2", "refused": "1", "failed": "1"} {
		if want := `powbench_requests_total{kind="GetTS",outcome="` + outcome + `"} ` + n; !strings.Contains(string(page), want) {
			t.Errorf("no %q in\n%s", want, page)
		}
	}
}
