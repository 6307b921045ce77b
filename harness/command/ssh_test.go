package command

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/powbench/powbench/harness/experiment"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/harness/study"
	"github.com/powbench/powbench/harness/study/load"
	"github.com/powbench/powbench/harness/testbed/remote"
)

// sshd is a server on loopback, and a configuration of ssh by which every name reaches it.
type sshd struct {
	shell  remote.SSH
	config string
	cmd    *exec.Cmd
}

// startSSH starts one that lets this test in, by the hosts' names, whose children are powbench. It skips the test where there is none.
func startSSH(t *testing.T, h remote.Hosts, tmp string) *sshd {
	t.Helper()
	program, err := exec.LookPath("sshd")
	if err != nil {
		if program = "/usr/sbin/sshd"; !exists(program) {
			t.Skipf("skipped: %s: no sshd: install openssh-server", t.Name())
		}
	}
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var own string // what each host sets
	for name := range h.Addresses {
		own += fmt.Sprintf("Host %s\n  SetEnv TMPDIR=%s\n", name, filepath.Join(tmp, name))
	}
	for _, key := range []string{"host", "client"} {
		if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", filepath.Join(dir, key)).CombinedOutput(); err != nil {
			t.Fatalf("ssh-keygen: %v: %s", err, out)
		}
	}
	_ = os.MkdirAll("/run/sshd", 0o755) // as root, it wants it
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	hostKey, err := os.ReadFile(filepath.Join(dir, "host.pub"))
	if err != nil {
		t.Fatal(err)
	}
	s := &sshd{config: filepath.Join(dir, "config")}
	for name, content := range map[string]string{
		"known_hosts": fmt.Sprintf("[127.0.0.1]:%d %s", port, hostKey),
		"config": own + fmt.Sprintf("Host *\n  HostName 127.0.0.1\n  Port %d\n  User %s\n  IdentityFile %s\n  IdentitiesOnly yes\n"+
			"  UserKnownHostsFile %s\n  StrictHostKeyChecking yes\n  LogLevel ERROR\n", port, me.Username, filepath.Join(dir, "client"), filepath.Join(dir, "known_hosts")),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s.shell = remote.SSH{Options: []string{"-F", s.config}}
	s.cmd = exec.Command(program, "-D", "-e", "-f", "/dev/null", "-h", filepath.Join(dir, "host"), "-o", fmt.Sprintf("ListenAddress=127.0.0.1:%d", port),
		"-o", "PidFile=none", "-o", "UsePAM=no", "-o", "PasswordAuthentication=no", "-o", "StrictModes=no", "-o", "MaxStartups=100",
		"-o", "AuthorizedKeysFile="+filepath.Join(dir, "client.pub"), "-o", "PermitRootLogin=prohibit-password",
		"-o", "AcceptEnv=TMPDIR", "-o", "SetEnv="+asCommand+"=1 HOME="+dir+" XDG_CACHE_HOME="+copies()) // no shell reads what its user has set up
	var log bytes.Buffer
	s.cmd.Stderr = &log
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
		if t.Failed() {
			t.Logf("sshd says: %s", log.String())
		}
	})
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			c.Close()
			return s
		}
		if time.Now().After(deadline) {
			t.Fatalf("sshd does not listen: %v: %s", err, log.String())
		}
	}
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// runOver runs the machines' experiment on hosts that the shell reaches.
func runOver(t *testing.T, h remote.Hosts, sh remote.Shell) (dir string, progress string, err error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "machines.yaml")
	if err := os.WriteFile(file, []byte(machinesConfig), 0o644); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	dir, err = load.Run(t.Context(), machinesRun(t, file, study.Options{Results: t.TempDir(), Progress: &out, Machines: &h, Shell: sh}))
	return dir, out.String(), err
}

// machinesRun is a run of the file's experiment.
func machinesRun(t *testing.T, file string, o study.Options) load.Options {
	t.Helper()
	e, err := experiment.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	o.Scratch = filepath.Join(o.Results, ".scratch")
	return load.Options{Experiment: e, ConfigFile: file, Options: o}
}

// A run over ssh, whole: the binary is copied, servers and load generators start, histories come back, nothing is left.
func TestRunOverSSH(t *testing.T) {
	h, tmp := hosts(t, 2, 1)
	s := startSSH(t, h, tmp)
	dir, progress, err := runOver(t, h, s.shell)
	if err != nil {
		t.Fatalf("%v\n%s", err, progress)
	}
	set, err := result.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	if n := firstAttempts(set); n != 2 { // these machines are one, whose load each sees as another's
		t.Errorf("points of %d runs, want 2", n)
	}
	for _, p := range set.Points {
		if p.Linearizable.Code != result.Linearizable || p.Errors > 0 || p.Ops == 0 {
			t.Errorf("%s: %v, %d errors, %d operations", p.Protocol, p.Linearizable, p.Errors, p.Ops)
		}
	}
	if l := left(tmp); len(l) > 0 {
		t.Errorf("left behind: %v", l)
	}
}

// A host key that is another one than before ends the run before it begins, and says what it means.
func TestWrongHostKey(t *testing.T) {
	h, tmp := hosts(t, 1, 1)
	s := startSSH(t, h, tmp)
	other := filepath.Join(t.TempDir(), "other")
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", other).CombinedOutput(); err != nil {
		t.Fatalf("ssh-keygen: %v: %s", err, out)
	}
	known := filepath.Join(filepath.Dir(s.config), "known_hosts")
	address, _, _ := strings.Cut(string(must(t)(os.ReadFile(known))), " ")
	if err := os.WriteFile(known, []byte(address+" "+string(must(t)(os.ReadFile(other+".pub")))), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	err := remote.Examine(t.Context(), h, s.shell, &out)
	if err == nil || !strings.Contains(err.Error(), "the machine's key is not known, or is another one than before") {
		t.Errorf("error %v", err)
	}
}

// must returns a function that passes on what a file holds, or ends the test.
func must(t *testing.T) func(content []byte, err error) []byte {
	return func(content []byte, err error) []byte {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return content
	}
}
