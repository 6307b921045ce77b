//go:build !race

package suite

import "testing"

// The race detector makes pools forget at random: hence the build tag.
func TestMACAllocatesItsResultOnly(t *testing.T) {
	m := Modern().MAC([]byte("key"))
	parts := [][]byte{[]byte("one"), []byte("two")}
	tag := m.Sum(parts...)
	if n := testing.AllocsPerRun(100, func() { m.Sum(parts...) }); n > 1 {
		t.Errorf("Sum allocates %v times", n)
	}
	if n := testing.AllocsPerRun(100, func() { m.Verify(tag, parts...) }); n > 0 {
		t.Errorf("Verify allocates %v times", n)
	}
}
