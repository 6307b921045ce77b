package harness

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"github.com/powbench/powbench/harness/clock"
	"github.com/powbench/powbench/harness/node"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols/byzantine"
)

// inflict does the faults at their times after the instant from, and notes when.
func (t *trial) inflict(ctx context.Context, from int64, faults []fault) error {
	for _, f := range faults {
		if err := clock.SleepUntil(ctx, from+int64(f.at)); err != nil {
			return err
		}
		t.note(f.String())
		if err := t.do(ctx, f); err != nil {
			return fmt.Errorf("%v: %w", f, err)
		}
	}
	return nil
}

// note adds an event of now.
func (t *trial) note(what string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.events = append(t.events, result.Event{AtMs: float64(clock.Now()-t.start) / 1e6, What: what})
}

func (t *trial) do(ctx context.Context, f fault) error {
	c := t.cluster
	switch f.deed {
	case cut:
		return c.serverHost(f.server).SetUp(false)
	case heal:
		return c.serverHost(f.server).SetUp(true)
	case kill:
		return c.killServer(f.server)
	case restart:
		return c.restartServer(ctx, f.server, "")
	case deceive:
		return c.restartServer(ctx, f.server, lie(t.protocol).ID)
	case reset:
		return c.servers[f.server].call(ctx, "Service.Reset", node.Nothing{}, &node.Nothing{})
	case fill:
		c.servers[f.server].mayEnd.Store(true)
		t.mustEnd = append(t.mustEnd, f.server)
		return limitFiles(c.servers[f.server].process.Pid)
	case damage:
		return damageLargest(c.nodes[f.server].Dir)
	case refuse:
		return t.startDamaged(ctx, f.server)
	}
	return fmt.Errorf("nobody knows how: %q", f.deed)
}

// killServer ends a server's process as a crash does.
func (c *cluster) killServer(i int) error {
	c.servers[i].mayEnd.Store(true)
	return c.servers[i].kill()
}

// restartServer starts a server that was killed, on the database that it left, correct or attacking.
func (c *cluster) restartServer(ctx context.Context, i int, attack string) error {
	c.nodes[i].Attack = attack
	return c.startServer(ctx, i)
}

// startDamaged starts a server on a damaged database. If it does not refuse that, it has until the end to find out.
func (t *trial) startDamaged(ctx context.Context, i int) error {
	c := t.cluster
	p, err := startChild(c.serverHost(i), "server", fmt.Sprintf("server %d", i+1), c.spec.log)
	if err != nil {
		return err
	}
	p.mayEnd.Store(true)
	c.servers[i] = p
	t.mustEnd = append(t.mustEnd, i)
	if err := p.call(ctx, "Service.Start", c.nodes[i], &c.nodes[i].Listen); err != nil {
		t.note(err.Error())
		return p.kill() // a server that refuses its database waits to be told so
	}
	return nil
}

// fileLimit is the size in bytes beyond which a server on a full disk can write no file: less than its log has by then.
const fileLimit = 48 << 10

// limitFiles lets the process write no file beyond fileLimit.
func limitFiles(pid int) error {
	limit := unix.Rlimit{Cur: fileLimit, Max: fileLimit}
	if err := unix.Prlimit(pid, unix.RLIMIT_FSIZE, &limit, nil); err != nil {
		return fmt.Errorf("limit the files of process %d: %w", pid, err)
	}
	return nil
}

// damagedBytes is how many bytes are damaged: more than lie between two checksums' reach.
const damagedBytes = 512

// damageLargest flips bits in the middle of the file in dir that holds most: the log of what was written last.
func damageLargest(dir string) error {
	var largest string
	var content []byte
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		if data = bytes.TrimRight(data, "\x00"); len(data) > len(content) { // room that was set aside holds nothing
			largest, content = path, data
		}
		return err
	})
	if err != nil {
		return err
	}
	if len(content) == 0 {
		return fmt.Errorf("%s has no file to damage", dir)
	}
	middle := len(content) / 2
	damaged := content[middle:min(middle+damagedBytes, len(content))]
	for i := range damaged {
		damaged[i] ^= 0x55
	}
	f, err := os.OpenFile(largest, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(damaged, int64(middle))
	return errors.Join(err, f.Close())
}

// judgeEnded finds servers that go on although their disk is full or their database damaged.
func (t *trial) judgeEnded() {
	for _, i := range t.mustEnd {
		p := t.cluster.servers[i]
		select {
		case <-p.process.Done():
			t.note(fmt.Sprintf("%s has ended: %v", p.name, p.process.Wait()))
		case <-time.After(endTimeout):
			t.find(byzantine.Failure, "%s serves on, though it cannot keep what it acknowledges: "+
				"a disk that is full or a damaged file must end it", p.name)
		}
	}
}

// endTimeout is how long after the load a server may take to find out that it must stop.
const endTimeout = 2 * time.Second
