package prototest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/powbench/powbench/protocols"
)

// A Script plays a file of commands for package datadriven, and shows what travels message by message. Every protocol
// has these:
//
//	write pid=1 value=v [silent=(1,2)]   a WRITE, while the servers named do not answer
//	read pid=2 [silent=(1)] [late=(2)]   a READ; those that are late answer if it does not end without them
//	interrupt pid=1 value=v reached=(1)  a WRITE that dies when its last round has reached these servers only
//	lie server=1                         the server becomes a Liar
//
// Servers are numbered from 1, as in the paper. What servers send each other arrives with the operation that brings it
// about, or with the next one if a server was silent.
type Script struct {
	*Cluster
	// Show is a body in the paper's words.
	Show func(protocols.Body) string
	// Payload names the payloads in the paper's words.
	Payload string
	// Liar makes a liar of a server.
	Liar func(protocols.Server) protocols.Server
	// More are the protocol's own commands, by name, in place of those above too. Each returns what it shows.
	More map[string]func(t *testing.T, d *datadriven.TestData) string

	clients map[uint64]*Client
	shown   strings.Builder // the messages that arrived since the command began
}

// Walk plays the files of folder testdata/traces and below, each on a script of its own. Run the test with -rewrite to
// record them anew, and read the difference.
func Walk(t *testing.T, script func(t *testing.T, path string) *Script) {
	t.Helper()
	datadriven.Walk(t, "testdata/traces", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, script(t, path).run)
	})
}

func (s *Script) run(t *testing.T, d *datadriven.TestData) string {
	if more := s.More[d.Cmd]; more != nil {
		return more(t, d)
	}
	s.shown.Reset()
	s.Arrived = s.show
	var value string
	d.MaybeScanArgs(t, "value", &value)
	silent, late := ServersOf(t, d, "silent"), ServersOf(t, d, "late")
	switch d.Cmd {
	case "write":
		return s.play(s.Client(t, d, protocols.Writer).Write("k", []byte(value)), silent, late)
	case "read":
		return s.play(s.Client(t, d, protocols.Reader).Read("k"), silent, late)
	case "lie":
		var server int
		d.ScanArgs(t, "server", &server)
		s.Servers[server-1] = s.Liar(s.Servers[server-1])
		return ""
	case "interrupt":
		return s.interrupt(s.Client(t, d, protocols.Writer).Write("k", []byte(value)), ServersOf(t, d, "reached"))
	}
	t.Fatalf("%s: unknown command %q", d.Pos, d.Cmd)
	return ""
}

// Client is the client that the command's pid names.
func (s *Script) Client(t *testing.T, d *datadriven.TestData, role protocols.Role) *Client {
	t.Helper()
	var pid uint64
	d.ScanArgs(t, "pid", &pid)
	if s.clients == nil {
		s.clients = map[uint64]*Client{}
	}
	if s.clients[pid] == nil {
		s.clients[pid] = s.Cluster.Client(pid, role)
	}
	return s.clients[pid]
}

// ServersOf is an argument that lists servers, or none: from 0, as in a cluster.
func ServersOf(t *testing.T, d *datadriven.TestData, name string) (servers []int) {
	t.Helper()
	d.MaybeScanArgs(t, name, &servers)
	for i := range servers {
		servers[i]--
	}
	return servers
}

// interrupt delivers all rounds but the last, and of that the requests to the servers named.
func (s *Script) interrupt(run *Run, reached []int) string {
	s.die(run, len(s.protocol.Traits(s.Faults).Legs(run.Kind)), reached...)
	return s.shown.String() + fmt.Sprintf("dies in round %d\n", run.Rounds())
}

// play delivers the run's messages, oldest first, and shows them and its result.
func (s *Script) play(run *Run, silent, late []int) string {
	dumb, slow := Of(silent...), Of(late...)
	heard := func(e Envelope) bool { return (run.Is(e) || e.Peer) && !dumb(e) }
	quick := func(e Envelope) bool { return heard(e) && !slow(e) }
	s.Deliver(quick)
	for s.Overdue(run) {
		s.Deliver(quick)
	}
	if !run.Done() {
		s.Deliver(heard)
	}
	s.Lose(run.Is)
	out := s.shown.String()
	result, err := run.Result()
	switch {
	case !run.Done():
		return out + fmt.Sprintf("waits in round %d\n", run.Rounds())
	case err != nil:
		return out + err.Error() + "\n"
	case result.Bottom:
		return out + fmt.Sprintf("⊥ after round %d\n", run.Rounds())
	case run.Kind == protocols.Write:
		return out + fmt.Sprintf("OK, ts %v, after %d rounds\n", result.Timestamp, run.Rounds())
	}
	return out + fmt.Sprintf("%q, ts %v, after %d rounds\n", result.Value, result.Timestamp, run.Rounds())
}

// show shows a message that arrives.
func (s *Script) show(e Envelope) {
	from, arrow := fmt.Sprintf("p%d", e.Client), "→"
	switch {
	case e.Peer:
		from = fmt.Sprintf("s%d", e.From+1)
	case e.Reply:
		arrow = "←"
	}
	fmt.Fprintf(&s.shown, "%s %s s%d  %s", from, arrow, e.Server+1, s.Show(e.Body))
	if len(e.Payload) > 0 {
		fmt.Fprintf(&s.shown, " + %s %q", s.Payload, e.Payload)
	}
	s.shown.WriteByte('\n')
}
