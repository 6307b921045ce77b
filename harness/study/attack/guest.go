package attack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/harness/study"
	"github.com/powbench/powbench/harness/testbed"
	"github.com/powbench/powbench/netem/guest"
	"github.com/powbench/powbench/protocols"
)

// guest is the kernel of the guest that the trial has to be played in, because packets are to be delayed and reordered and this
// machine's own kernel cannot; nil if there is no need, or none to be had.
func (t *trial) guest() *guest.Kernel {
	if !t.attack.Unruly || testbed.CanDelay() == nil || guest.Current() != "" {
		return nil
	}
	k, err := guest.Find()
	if err != nil {
		return nil
	}
	return &k
}

// inGuest plays the trial in a guest, by this command, into a set of its own, and takes over its line and files.
func (t *trial) inGuest(ctx context.Context, k guest.Kernel) (out result.Trial, err error) {
	dir, err := os.MkdirTemp("", "powbench-trial-")
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	args := []string{
		"attack", "--results", dir, "--protocol", protocols.NameOf(t.protocol), "--attack", t.attack.ID, "--t", strconv.Itoa(t.T),
		"--seed", strconv.FormatUint(t.Seed, 10),
	}
	if t.Quick {
		args = append(args, "--quick")
	}
	if t.TLS {
		args = append(args, "--auth", result.TLS)
	}
	var said bytes.Buffer
	code, err := study.InGuest(ctx, k, t.Scratch, io.Discard, &said, args...)
	if err != nil {
		return out, err
	}
	set, err := result.Read(filepath.Join(dir, Name, result.LatestLink))
	if err != nil {
		return out, fmt.Errorf("in User-mode Linux %s: exit code %d: %s: %w", k.Release, code, bytes.TrimSpace(said.Bytes()), err)
	}
	at := slices.IndexFunc(set.Trials, func(other result.Trial) bool { return other.Attack == t.attack.ID })
	if at < 0 {
		return out, fmt.Errorf("in User-mode Linux %s: exit code %d: %s", k.Release, code, bytes.TrimSpace(said.Bytes()))
	}
	out = set.Trials[at]
	out.Guest = k.Release
	return out, t.takeOver(set.Dir, out)
}

// takeOver copies the files of a trial in another set.
func (t *trial) takeOver(from string, out result.Trial) error {
	for _, file := range []string{filepath.Join(result.HistoryDir, out.History), filepath.Join(result.LogDir, t.fileName()+".log")} {
		content, err := os.ReadFile(filepath.Join(from, file))
		if errors.Is(err, fs.ErrNotExist) { // nothing was logged
			continue
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(t.bench.Dir, file), content, 0o644)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
