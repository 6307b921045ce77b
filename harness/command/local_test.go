package command

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/powbench/powbench/plots/command"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/catalog"
)

// startCluster starts `powbench up` and returns when its servers listen.
func startCluster(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := powbench(t, append([]string{"up"}, args...)...)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Cancel()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("powbench up says: %s", stderr.String())
		}
	})
	waitFor(t, stdout, "servers are up")
	return cmd
}

// freePorts finds n ports in a row that nobody listens on now.
func freePorts(t *testing.T, n int) string {
	t.Helper()
	for first := 21000; first < 31000; first += n {
		if free(first, n) {
			return strconv.Itoa(first)
		}
	}
	t.Fatal("no free ports")
	return ""
}

func free(first, n int) bool {
	for port := first; port < first+n; port++ {
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			return false
		}
		l.Close()
	}
	return true
}

// waitFree waits until nobody listens on the ports any more.
func waitFree(t *testing.T, port string, n int) {
	t.Helper()
	first, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); !free(first, n); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the ports from %d on are still in use", first)
		}
	}
}

// put writes value under the key; get reads it back.
func put(t *testing.T, dir, key string, value []byte) {
	t.Helper()
	cmd := powbench(t, "put", "--dir", dir, key, "-")
	cmd.Stdin = bytes.NewReader(value)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("put %q: %v: %s", key, err, out)
	}
}

func get(t *testing.T, dir, key string) []byte {
	t.Helper()
	cmd := powbench(t, "get", "--dir", dir, key)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	value, err := cmd.Output()
	if err != nil {
		t.Fatalf("get %q: %v: %s", key, err, stderr.String())
	}
	return value
}

// TestKVS puts values of the extreme sizes into every protocol's cluster, kills all its servers with SIGKILL, starts
// them again on their directories and gets back what was acknowledged.
func TestKVS(t *testing.T) {
	values := map[string][]byte{
		"small": []byte("hello"), "empty": {}, "": []byte("the empty key"),
		"largest": bytes.Repeat([]byte("0123456789abcdef"), protocols.MaxValueBytes/16),
	}
	for _, p := range catalog.All() {
		protocol, servers := protocols.NameOf(p), p.Traits(1).Servers // PASIS has one more than the others
		for _, durability := range []string{"fsync", "write"} {
			t.Run(protocol+"/"+durability, func(t *testing.T) {
				dir := filepath.Join(t.TempDir(), "cluster")
				up := []string{"--dir", dir, "--protocol", protocol, "--durability", durability, "--port", freePorts(t, servers)}
				cluster := startCluster(t, up...)
				for key, value := range values {
					put(t, dir, key, value)
				}
				if err := syscall.Kill(-cluster.Process.Pid, syscall.SIGKILL); err != nil {
					t.Fatal(err)
				}
				_ = cluster.Wait()
				waitFree(t, up[len(up)-1], servers) // the servers die with their parent, a moment later
				startCluster(t, up...)
				for key, value := range values {
					if got := get(t, dir, key); !bytes.Equal(got, value) {
						t.Errorf("key %q: got %d bytes, want the %d that were put", key, len(got), len(value))
					}
				}
				code, _, stderr := play(t, "get", "--dir", dir, "never")
				if code != command.Failed || !strings.Contains(stderr, "never written") {
					t.Errorf("get of ⊥: exit code %d, error %q", code, stderr)
				}
			})
		}
	}
}

func TestUpPortInUse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	code, _, stderr := play(t, "up", "--dir", filepath.Join(t.TempDir(), "c"), "--port", port)
	if code != command.Failed || !strings.Contains(stderr, "choose another port") {
		t.Errorf("exit code %d, error %q", code, stderr)
	}
}

func TestPutTooLarge(t *testing.T) {
	file := filepath.Join(t.TempDir(), "large")
	if err := os.WriteFile(file, make([]byte, protocols.MaxValueBytes+1), 0o644); err != nil {
		t.Fatal(err)
	}
	code, _, stderr := run(t, "put", "key", file)
	if code != command.Misused || !strings.Contains(stderr, "limit of a value") {
		t.Errorf("exit code %d, error %q", code, stderr)
	}
}

// A port that is taken leaves no folder behind; one that nobody asked for is looked for elsewhere; and t has a limit.
func TestUpOnTakenPorts(t *testing.T) {
	port := freePorts(t, 3)
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	dir := filepath.Join(t.TempDir(), "cluster")
	code, _, stderr := run(t, "up", "--dir", dir, "--protocol", "mabd", "--port", port)
	if code != command.Failed || !strings.Contains(stderr, "server 1: ") || !strings.Contains(stderr, "choose another port by --port") {
		t.Errorf("exit code %d, %q", code, stderr)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("it left its folder: %v", err)
	}
	if code, _, stderr := run(t, "up", "--dir", dir, "--t", "99"); code != command.Misused || !strings.Contains(stderr, "t is 99: tolerate at least 1 fault and at most 10") {
		t.Errorf("t = 99: exit code %d, %q", code, stderr)
	}
	first := filepath.Join(t.TempDir(), "first")
	startCluster(t, "--dir", first, "--protocol", "mabd")
	second := filepath.Join(t.TempDir(), "second")
	startCluster(t, "--dir", second, "--protocol", "mabd")
	put(t, second, "k", []byte("v"))
	if code, _, stderr := run(t, "up", "--dir", first); code != command.Failed || !strings.Contains(stderr, "a cluster keeps its ports") {
		t.Errorf("a cluster that is up: exit code %d, %q", code, stderr)
	}
}
