package netem

import (
	"bytes"
	"os"
	"testing"

	"github.com/powbench/powbench/netem/guest"
)

// TestInTheGuest runs the tests whose names begin with TestNetEm in a guest kernel, where this one has no NetEm.
func TestInTheGuest(t *testing.T) {
	if CanDelay() == nil {
		t.Skip("not needed: this kernel has NetEm, the tests run in it")
	}
	kernel, err := guest.Find()
	if err != nil {
		t.Skipf("skipped: %s, and with it all tests of NetEm: %v", t.Name(), err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var out, complaints bytes.Buffer
	code, err := guest.Run(t.Context(), kernel, guest.Command{
		Args:    []string{self, "-test.v", "-test.run=^TestNetEm"},
		Modules: []string{"veth", "bridge", "sch_tbf", "sch_netem", "sch_prio", "ifb", "sch_ingress", "cls_u32", "act_mirred", "tcp_bbr"},
		Stdout:  &out, Stderr: &complaints,
	})
	late := bytes.Count(out.Bytes(), []byte(untimely))
	ran := bytes.Contains(out.Bytes(), []byte("--- PASS")) && bytes.Count(out.Bytes(), []byte("--- SKIP")) == late
	if late > 0 {
		t.Logf("skipped: %d of the tests in the guest: %s", late, untimely)
	}
	if code != 0 || err != nil || !ran {
		t.Errorf("exit code %d, %v, want all tests to pass and none to be skipped:\n%s%s", code, err, &out, &complaints)
	}
}

// needNetEm skips a test whose name begins with TestNetEm where there is none: TestInTheGuest makes up for it.
func needNetEm(t *testing.T) {
	t.Helper()
	if CanDelay() != nil {
		t.Skip("not in this kernel, which has no NetEm: see TestInTheGuest")
	}
}
