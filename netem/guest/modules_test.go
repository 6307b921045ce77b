package guest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestModulesFollowTheirDependencies(t *testing.T) {
	k := Kernel{ModuleDir: t.TempDir()}
	const list = "kernel/lib/crc-ccitt.ko:\nkernel/net/ipv6.ko: kernel/lib/crc-ccitt.ko\n" +
		"kernel/net/bridge.ko: kernel/net/stp.ko kernel/net/ipv6.ko kernel/lib/crc-ccitt.ko\nkernel/net/stp.ko:\n"
	if err := os.WriteFile(filepath.Join(k.ModuleDir, "modules.dep"), []byte(list), 0o600); err != nil {
		t.Fatal(err)
	}
	paths, err := modulePaths(k, []string{"ipv6", "bridge", "crc_ccitt"})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"kernel/lib/crc-ccitt.ko", "kernel/net/ipv6.ko", "kernel/net/stp.ko", "kernel/net/bridge.ko"}
	for i := range want {
		want[i] = filepath.Join(k.ModuleDir, want[i])
	}
	if !slices.Equal(paths, want) {
		t.Errorf("order\n%s\nwant\n%s", strings.Join(paths, "\n"), strings.Join(want, "\n"))
	}
}
