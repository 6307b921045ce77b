package node

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/powbench/powbench/harness/control"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/catalog"
)

// attacked is a cluster whose first server takes part in the attack.
func attacked(t *testing.T, protocol, attack string) *cluster {
	t.Helper()
	c := newCluster(t, protocol)
	if err := c.nodes[0].Close(); err != nil {
		t.Fatal(err)
	}
	cfg := c.configs[0]
	cfg.Attack, cfg.AttackSeed = attack, 1
	c.nodes[0] = c.start(cfg)
	return c
}

// An attacker that forgets what it is told is tolerated by M-PoWerStore; malformed replies do reach the wire, where
// clients reject them.
func TestAttack(t *testing.T) {
	for attack, harmless := range map[string]bool{"B8": true, "B9": false} {
		t.Run(attack, func(t *testing.T) {
			c := attacked(t, "mpowerstore", attack)
			links := c.links(protocols.Writer, c.writer)
			w := c.client(links, c.writer, 7)
			for i := range 20 {
				value := fmt.Sprint("value ", i)
				outcome, err := w.Write("k", len(value), func(to []byte) { copy(to, value) }).Run(c.soon())
				if err != nil {
					t.Fatal(err)
				}
				outcome.Release()
				c.wantValue("k", value)
			}
			if rejected := links.Traffic().Rejected; (rejected == 0) != harmless {
				t.Errorf("%d replies were rejected", rejected)
			}
		})
	}
}

// Attackers remember what they did to any key, and are asked for many at once: see it under the race detector.
func TestAttackersAreSafeForConcurrentUse(t *testing.T) {
	for _, attack := range catalog.Against(newCluster(t, "mpowerstore").protocol) {
		if attack.Server == nil {
			continue
		}
		c := attacked(t, "mpowerstore", attack.ID)
		links := c.links(protocols.Writer, c.writer)
		var clients sync.WaitGroup
		for i := range 4 {
			w := c.client(links, c.writer, uint64(i)+10)
			clients.Go(func() {
				for n := range 5 {
					key := protocols.Key(fmt.Sprint(i, n))
					outcome, err := w.Write(key, 1, func([]byte) {}).Run(c.soon())
					if err != nil {
						t.Errorf("%s: %v", attack.ID, err)
						return
					}
					outcome.Release()
				}
			})
		}
		clients.Wait()
	}
}

func TestAttackOfNoServer(t *testing.T) {
	for attack, want := range map[string]string{"R1": "attack R1 (flood) is not one of servers", "B99": "unknown attack"} {
		n, err := start(t, func(c *Config) { c.Attack = attack })
		if err == nil {
			_ = n.Close()
			t.Fatal("it started")
		}
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q, want %q in it", err, want)
		}
	}
}

// A reset breaks connections while operations are in progress; they end all the same.
func TestReset(t *testing.T) {
	c := newCluster(t, "mpowerstore")
	links := c.links(protocols.Writer, c.writer)
	w := c.client(links, c.writer, 7)
	var resets sync.WaitGroup
	for range 50 {
		resets.Go(func() {
			_, _ = c.nodes[0].Reset(t.Context(), control.Nothing{})
		})
		outcome, err := w.Write("k", 4, func(to []byte) { copy(to, "done") }).Run(c.soon())
		if err != nil {
			t.Fatal(err)
		}
		outcome.Release()
	}
	resets.Wait()
	c.wantValue("k", "done")
	if err := links.WaitConnected(c.soon()); err != nil {
		t.Error(err)
	}
	conn, err := net.Dial("tcp", c.nodes[0].Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for ctx := c.soon(); ; { // it may not have been accepted yet
		_, _ = c.nodes[0].Reset(t.Context(), control.Nothing{})
		_ = conn.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
		_, err := conn.Read(make([]byte, 1))
		if errors.Is(err, syscall.ECONNRESET) {
			break
		} else if !errors.Is(err, os.ErrDeadlineExceeded) || ctx.Err() != nil {
			t.Fatalf("a connection was not reset, but %v", err)
		}
	}
}
