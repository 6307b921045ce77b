package remote

import (
	"maps"
	"testing"
)

// Addresses that Slurm knows as numbers are taken from it; names are left to be resolved where they are used.
func TestAddressesOfNodes(t *testing.T) {
	got := addressesIn("NodeName=n1 Arch=x86_64 CoresPerSocket=1 NodeAddr=10.0.0.1 NodeHostName=n1 Version=22.05.8 OS=Linux 6.1\n" +
		"NodeName=n2 Arch=x86_64 NodeAddr=n2.cluster NodeHostName=n2\n" +
		"NodeName=n3 NodeAddr=fd00::3 NodeHostName=n3\n\n")
	if want := map[string]string{"n1": "10.0.0.1", "n3": "fd00::3"}; !maps.Equal(got, want) {
		t.Errorf("addresses %v, want %v", got, want)
	}
}
