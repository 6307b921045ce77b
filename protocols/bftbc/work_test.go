package bftbc

import (
	"io"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/play"
	"github.com/powbench/powbench/protocols/prototest"
	"github.com/powbench/powbench/protocols/suite"
)

// work is the signatures and verifications of one participant.
type work struct{ signs, verifies int }

// counted is a suite that counts them.
type counted struct {
	suite.Suite
	*work
}

func (c counted) Signer(private []byte) (suite.Signer, error) {
	s, err := c.Suite.Signer(private)
	return countedSigner{s, c.work}, err
}

func (c counted) Verifier(public []byte) (suite.Verifier, error) {
	v, err := c.Suite.Verifier(public)
	return countedVerifier{v, c.work}, err
}

type countedSigner struct {
	suite.Signer
	*work
}

func (s countedSigner) Sign(random io.Reader, message []byte) ([]byte, error) {
	s.signs++
	return s.Signer.Sign(random, message)
}

type countedVerifier struct {
	suite.Verifier
	*work
}

func (v countedVerifier) Verify(message, signature []byte) bool {
	v.verifies++
	return v.Verifier.Verify(message, signature)
}

// The signatures and verifications of an operation that nothing disturbs are those of docs/protocols.md. All servers answer,
// the last t of them late.
func TestWork(t *testing.T) {
	for _, variant := range []string{"", Uncached} {
		for faults := 1; faults <= 3; faults++ {
			p, q := Protocol{Variant: variant}, 2*faults+1
			c := prototest.New(t, p, faults, "modern", 1)
			server, client := &work{}, &work{}
			c.Servers[0] = p.NewServer(protocols.ServerParams{T: faults, Suite: counted{c.Suite, server}, Keys: c.ServerKeys[0]})
			writer, err := c.WriterKeys.Identify(c.Suite, 1, play.Entropy(1, 1))
			if err != nil {
				t.Fatal(err)
			}
			register := func(pid uint64, keys suite.ClientKeys) protocols.Register {
				return p.NewRegister(protocols.ClientParams{T: faults, PID: pid, Suite: counted{c.Suite, client}, Keys: keys})
			}
			w, r := register(1, writer), register(2, c.ReaderKeys)
			finish := func(op protocols.Operation) {
				for round, requests := 1, op.Start(); requests != nil; round++ {
					requests = c.AnswerAll(op, "k", round, requests).Next
				}
			}
			finish(w.Write("k", []byte("v"), protocols.Heap{}))
			for _, step := range []struct {
				what           string
				op             protocols.Operation
				client, server work
			}{
				{"WRITE", w.Write("k", []byte("w"), protocols.Heap{}), work{1, 2 * q}, work{2, 1 + 2*q}},
				{"READ", r.Read("k", protocols.Heap{}), work{0, q}, work{}},
				{"READ again", r.Read("k", protocols.Heap{}), work{}, work{}},
			} {
				if variant == Uncached {
					step.client = map[string]work{"WRITE": {1, 2*q + q*q}}[step.what]
					if step.what != "WRITE" {
						step.client.verifies = q * q
					} else {
						step.server = work{2, 2 + 3*q}
					}
				}
				*client, *server = work{}, work{}
				if finish(step.op); *client != step.client || *server != step.server {
					t.Errorf("%s t=%d: %s: client %+v, server %+v; want %+v and %+v", protocols.NameOf(p), faults, step.what, *client,
						*server, step.client, step.server)
				}
			}
		}
	}
}
