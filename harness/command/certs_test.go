package command

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/cluster"
	"github.com/powbench/powbench/plots/command"
	"github.com/powbench/powbench/protocols"
)

// Certificates are made once, and again when they are revoked; keys are their owner's alone.
func TestCerts(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "certs")
	for _, c := range []struct {
		args []string
		want string
		lack string
	}{
		{[]string{"--servers", "2", "--readers", "0"}, "server-1: made, valid for 365 days\nserver-2: made", "reader-1"},
		{[]string{"--servers", "2"}, "reader-1: made", "server-1"},
		{[]string{"--servers", "2"}, "all certificates are there and count", "made"},
		{[]string{"revoke", "writer-1", "reader-1"}, "writer-1: revoked\nreader-1: revoked", "server"},
		{nil, "server-3: made", "server-1"},
		{[]string{"--servers", "0"}, "all certificates are there and count", "made"},
	} {
		code, stdout, stderr := run(t, append([]string{"certs", "--dir", dir}, c.args...)...)
		if code != command.Done || !strings.Contains(stdout, c.want) || strings.Contains(stdout, c.lack) {
			t.Errorf("certs %v: exit code %d, output %q, error %q, want %q and no %q", c.args, code, stdout, stderr, c.want, c.lack)
		}
	}
	info, err := os.Stat(filepath.Join(dir, "writer-1-key.pem"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key: %v, %v", info, err)
	}
	code, _, stderr := run(t, "certs", "revoke", "--dir", t.TempDir(), "writer-1")
	if code != command.Failed || !strings.Contains(stderr, "no authority in") {
		t.Errorf("revoke without an authority: exit code %d, %q", code, stderr)
	}
}

// A cluster over TLS takes writers and readers for what they are, until their certificates are revoked.
func TestUpOverTLS(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cluster")
	startCluster(t, "--dir", dir, "--protocol", "mabd", "--auth", "tls", "--port", freePorts(t, 3))
	put(t, dir, "greeting", []byte("hello"))
	if got := get(t, dir, "greeting"); string(got) != "hello" {
		t.Errorf("got %q", got)
	}
	as := func(who string) (code int, stdout, stderr string) {
		return play(t, "get", "--dir", dir, "--as", who, "--timeout", "2s", "greeting")
	}
	if code, stdout, stderr := as("reader-1"); code != command.Done || stdout != "hello" {
		t.Errorf("a reader: exit code %d, %q, %s", code, stdout, stderr)
	}
	if code, _, stderr := as("reader-2"); code != command.Failed || !strings.Contains(stderr, "no certificate of reader 2 in") {
		t.Errorf("a reader without a certificate: exit code %d, %s", code, stderr)
	}
	if code, _, stderr := run(t, "certs", "revoke", "--dir", filepath.Join(dir, "certs"), "reader-1"); code != command.Done {
		t.Fatalf("exit code %d, %s", code, stderr)
	}
	if code, _, stderr := as("reader-1"); code != command.Failed || !strings.Contains(stderr, "the certificate of reader 1 is revoked") {
		t.Errorf("a reader whose certificate is revoked: exit code %d, %s", code, stderr)
	}
	put(t, dir, "greeting", []byte("still here"))
}

// A cluster keeps the way in which it knows who is who.
func TestUpKeepsAuth(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cluster")
	local, err := cluster.NewLocal("mabd", "modern", 1, protocols.Fsync, "127.0.0.1", 21000)
	if err != nil {
		t.Fatal(err)
	}
	if err := local.Save(dir); err != nil {
		t.Fatal(err)
	}
	code, _, stderr := run(t, "up", "--dir", dir, "--auth", "tls")
	if code != command.Misused || !strings.Contains(stderr, "has auth none and keeps it") {
		t.Errorf("exit code %d, %q", code, stderr)
	}
}

// Beyond loopback nobody serves in the clear by accident.
func TestUpRefusesToServeInTheClear(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cluster")
	up := []string{"up", "--dir", dir, "--protocol", "mabd", "--listen", "198.18.0.1"} // none of this machine's
	code, _, stderr := run(t, up...)
	if code != command.Misused || !strings.Contains(stderr, "198.18.0.1:7400 is beyond loopback") || !strings.Contains(stderr, "--insecure") {
		t.Errorf("exit code %d, %q", code, stderr)
	}
	for _, more := range [][]string{{"--insecure"}, {"--auth", "tls"}} { // which get as far as the address
		code, _, stderr := run(t, append(slices.Clone(up), append(more, "--port", "7400")...)...)
		if code != command.Failed || strings.Contains(stderr, "is beyond loopback") {
			t.Errorf("%v: exit code %d, %q", more, code, stderr)
		}
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("it left its folder: %v", err)
	}
}
