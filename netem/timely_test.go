package netem

import (
	"testing"
)

// untimely begins the reason of tests that were skipped because the machine is too slow for what they test.
const untimely = "this machine is late"

// needTimely skips a test of what is right, on a machine that is a little late: more than runs tolerate, which is why they refuse it, but
// far less than what is wrong would be.
func needTimely(t *testing.T, late bool, off string) {
	t.Helper()
	if late {
		t.Skipf("skipped: %s: %s, and runs that delay packets refuse it: %s", t.Name(), untimely, off)
	}
}
