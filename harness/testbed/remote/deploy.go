package remote

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"
)

// patience is how long one command on a machine may take, a copy of the binary apart.
const patience = 30 * time.Second

// machines are what uname calls the architectures of Go.
var machines = map[string]string{"amd64": "x86_64", "arm64": "aarch64", "riscv64": "riscv64", "ppc64le": "ppc64le", "s390x": "s390x"}

// binary is this program, to be copied.
type binary struct {
	file string
	hash string // SHA-256, which the folder of the copy is named after
}

// self is the program that runs.
var self = sync.OnceValues(func() (binary, error) {
	file, err := os.Executable()
	if err != nil {
		return binary{}, err
	}
	f, err := os.Open(file)
	if err != nil {
		return binary{}, err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return binary{}, err
	}
	return binary{file, hex.EncodeToString(h.Sum(nil))}, nil
})

// install finds the program's copy on the machine, or makes it, and returns its path there. The copy is complete or not there: it is
// written beside its place, under a name of the machine's own as others may share the folder, checked and renamed. Another architecture is refused.
func install(ctx context.Context, sh Shell, host string) (path string, err error) {
	b, err := self()
	if err != nil {
		return "", err
	}
	about, err := ask(ctx, sh, host, nil, "sh", "-c", // in one call: with ssh each is a login
		`uname -sm && p="${XDG_CACHE_HOME:-$HOME/.cache}/powbench/$1/powbench" && printf '%s\n' "$p" && { sha256sum < "$p" 2>/dev/null || true; }`, "sh", b.hash)
	if err != nil {
		return "", err
	}
	lines := strings.Split(strings.TrimSpace(about), "\n")
	if want := "Linux " + machines[runtime.GOARCH]; len(lines) < 2 || lines[0] != want {
		return "", fmt.Errorf("%s is a machine of %q, and this powbench is built for %q: build it there, or with GOARCH", host, lines[0], want)
	}
	path = lines[1]
	if len(lines) > 2 && strings.HasPrefix(lines[2], b.hash) {
		return path, nil
	}
	f, err := os.Open(b.file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	hash, err := ask(ctx, sh, host, f, "sh", "-c",
		`set -e; mkdir -p "${1%/*}"; t="$1.$(uname -n).$$"; trap 'rm -f "$t"' EXIT; cat > "$t"; chmod 700 "$t"; sha256sum < "$t"; mv "$t" "$1"`, "sh", path)
	if err != nil {
		return "", fmt.Errorf("copy powbench to %s: %w", host, err)
	}
	if !strings.HasPrefix(hash, b.hash) {
		return "", fmt.Errorf("copy powbench to %s: it came out otherwise: is there room in %s?", host, filepath.Dir(path))
	}
	return path, nil
}

// ask runs a command on the machine and returns what it prints.
func ask(ctx context.Context, sh Shell, host string, in io.Reader, argv ...string) (string, error) {
	if _, limited := ctx.Deadline(); !limited {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, patience)
		defer cancel()
	}
	c := sh.Command(host, argv...)
	var out bytes.Buffer
	var said tail
	c.Stdin, c.Stdout, c.Stderr = in, &out, &said
	own(c)
	if err := c.Start(); err != nil {
		return "", fmt.Errorf("%s: %w: install it", sh.Name(), err)
	}
	var failed error // once it has ended
	ended := make(chan struct{})
	go func() {
		failed = wait(c)
		close(ended)
	}()
	select {
	case <-ended:
		if failed != nil {
			return "", explain(sh, host, failed, string(said.text))
		}
		return out.String(), nil
	case <-ctx.Done():
		_ = c.Process.Kill()
		<-ended
		return "", fmt.Errorf("%s %s: no answer: %w", sh.Name(), host, context.Cause(ctx))
	}
}

// sshFailed is the exit status of ssh when it failed itself; any other is that of the command at the other end.
const sshFailed = 255

// hints say what to do about what ssh says when it failed itself.
var hints = []struct{ says, do string }{
	{"Could not resolve hostname", "is the name right? `ssh HOST true` must work"},
	{"Permission denied", "log in without a password must work: put your key there (ssh-copy-id) or start an agent"},
	{"Host key verification failed", "the machine's key is not known, or is another one than before: connect once by hand and look at it"},
	{"Connection refused", "no ssh server listens there"},
	{"Connection timed out", "the machine cannot be reached"},
	{"not responding", "the machine or the network to it is gone"},
}

// explain says what a command's failure means.
func explain(sh Shell, host string, err error, text string) error {
	text = strings.Join(strings.Fields(text), " ")
	var exit *exec.ExitError
	ended := errors.As(err, &exit)
	for _, h := range hints {
		if ended && exit.ExitCode() == sshFailed && strings.Contains(text, h.says) {
			return fmt.Errorf("%s %s: %s: %s", sh.Name(), host, text, h.do)
		}
	}
	if ended && text != "" {
		return fmt.Errorf("%s %s: %s (%w)", sh.Name(), host, text, err)
	}
	return fmt.Errorf("%s %s: %w", sh.Name(), host, err)
}
