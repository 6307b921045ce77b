package node

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/mpowerstore"
	"github.com/powbench/powbench/protocols/phalanx"
	"github.com/powbench/powbench/protocols/suite"
	"github.com/powbench/powbench/transport"
)

// A Byzantine reader asks for what only a writer may do, or what no client does: every server refuses, none stores
// anything or ends, and correct clients go on.
func TestByzantineReaderIsRefused(t *testing.T) {
	ts := protocols.Timestamp{Num: 9, PID: 9}
	for name, c := range map[string]struct {
		protocol string
		request  protocols.Message
		logged   string
	}{
		"STORE of M-PoWerStore": {
			"mpowerstore",
			protocols.Message{
				Body:    &mpowerstore.Store{Entry: mpowerstore.Entry{TS: mpowerstore.TS{Timestamp: ts}}},
				Payload: []byte("forged"),
			},
			"not a writer",
		},
		"COMPLETE of M-PoWerStore": {
			"mpowerstore",
			protocols.Message{Body: &mpowerstore.Complete{
				Candidate: mpowerstore.Candidate{TS: mpowerstore.TS{Timestamp: ts}, Nonce: []byte("nonce")},
			}},
			"not a writer",
		},
		"a reply for a request": {"mpowerstore", protocols.Message{Body: &mpowerstore.StoreAck{}}, "refused"},
		"PUT of Phalanx without a writer's signature": {
			"phalanx", protocols.Message{Body: &phalanx.Put{TS: ts}, Payload: []byte("forged")}, "refused",
		},
	} {
		t.Run(name, func(t *testing.T) {
			cluster := newCluster(t, c.protocol)
			cluster.write("k", "genuine")
			attack := cluster.links(protocols.Reader, cluster.reader).Begin("k")
			if err := attack.Send(1, protocols.ToAll(len(cluster.nodes), c.request)); err != nil {
				t.Fatal(err)
			}
			for server := range cluster.nodes {
				cluster.wantLogged(fmt.Sprintf("server=%d ", server+1), 1)
			}
			cluster.wantLogged(c.logged, len(cluster.nodes))
			attack.End()
			cluster.wantValue("k", "genuine")
			cluster.write("k", "later")
			cluster.wantValue("k", "later")
			if got := attack.Received(); got.Messages > 0 {
				t.Errorf("the attacker got %d replies", got.Messages)
			}
			for i, n := range cluster.nodes {
				select {
				case err := <-n.Failed():
					t.Errorf("server %d ended: %v", i+1, err)
				default:
				}
			}
		})
	}
}

// A reader does not become a writer by saying so.
func TestRoleIsProven(t *testing.T) {
	c := newCluster(t, "mabd")
	_, stranger, _, err := suite.GenerateKeys(c.suite, len(c.nodes), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	links := transport.Dial(transport.ClientConfig{
		Protocol: "mabd", Servers: []string{c.nodes[0].Addr().String()}, Role: protocols.Writer, Keys: stranger.Groups,
		NewBody: c.protocol.NewBody,
	})
	defer func() { _ = links.Close() }()
	c.wantLogged("not a writer: the group key is wrong", 1)
}

// A node whose storage fails stops serving and says why. To the others that is a crash, of which t are tolerated.
func TestStorageFailureEndsTheNode(t *testing.T) {
	c := newCluster(t, "mabd")
	c.write("k", "before")
	w := c.client(c.links(protocols.Writer, c.writer), c.writer, 3)
	broken := c.nodes[0]
	if err := broken.store.Close(); err != nil { // whatever it is asked from now on fails
		t.Fatal(err)
	}
	outcome, err := w.Write("k", 5, func(to []byte) { copy(to, "after") }).Run(c.soon())
	if err != nil {
		t.Fatalf("WRITE with one failed server: %v", err)
	}
	outcome.Release()
	select {
	case err := <-broken.Failed():
		if !errors.Is(err, os.ErrClosed) || !strings.Contains(err.Error(), "storage in ") {
			t.Errorf("the node ended with %v, want the storage's failure", err)
		}
	case <-c.soon().Done():
		t.Fatal("the node did not end")
	}
	read, err := w.Read("k").Run(c.soon())
	if err != nil || string(read.Value) != "after" {
		t.Errorf("READ with one failed server: %+v, %v", read, err)
	}
}

func TestCloseIsNoFailure(t *testing.T) {
	n := newCluster(t, "mabd").nodes[0]
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-n.Failed(); err != nil {
		t.Errorf("Failed after Close: %v", err)
	}
	if err := n.Close(); err != nil {
		t.Errorf("Close again: %v", err)
	}
}

// start is an attempt with the second server's place and keys that should fail, or a node to be closed.
func start(t *testing.T, change func(*Config)) (*Node, error) {
	t.Helper()
	cfg := Config{
		Protocol: "mabd", Suite: "modern", T: 1, Index: 1, Keys: suite.ServerKeys{Group: []byte("group key")},
		Listen: "127.0.0.1:0", Dir: filepath.Join(t.TempDir(), "server-2"), Durability: protocols.Unsynced,
	}
	change(&cfg)
	return Start(t.Context(), cfg, slog.New(slog.DiscardHandler))
}

func TestStartFails(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "in-use")
	running, err := start(t, func(c *Config) { c.Dir = dir })
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = running.Close() }()
	taken := running.Addr().String()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(*Config)
		want   []string // in the error
	}{
		"port in use": {func(c *Config) { c.Listen = taken }, []string{
			"server 2 cannot listen on " + taken, "address already in use", "choose another port",
		}},
		"no address":         {func(c *Config) { c.Listen = "127.0.0.1:99999" }, []string{"server 2 cannot listen", "99999"}},
		"database in use":    {func(c *Config) { c.Dir = dir }, []string{dir, "in use by another powbench server; stop it"}},
		"file for a folder":  {func(c *Config) { c.Dir = file }, []string{file, "not a directory"}},
		"unknown durability": {func(c *Config) { c.Durability = "hope" }, []string{`"hope"`, `"fsync"`}},
		"unknown protocol":   {func(c *Config) { c.Protocol = "paxos" }, []string{`"paxos"`, "mpowerstore"}},
		"unknown suite":      {func(c *Config) { c.Suite = "rot13" }, []string{`"rot13"`, "paper"}},
	} {
		t.Run(name, func(t *testing.T) {
			n, err := start(t, c.change)
			if err == nil {
				_ = n.Close()
				t.Fatal("it started")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q, want %q in it", err, want)
				}
			}
		})
	}
}

// A start that fails for want of a port leaves the database free for the next.
func TestFailedStartUnlocks(t *testing.T) {
	dir := t.TempDir()
	if _, err := start(t, func(c *Config) { c.Dir, c.Listen = dir, "127.0.0.1:99999" }); err == nil {
		t.Fatal("it started")
	}
	n, err := start(t, func(c *Config) { c.Dir = dir })
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Close(); err != nil {
		t.Error(err)
	}
}
