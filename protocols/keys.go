package protocols

import (
	"io"

	"github.com/powbench/powbench/protocols/suite"
)

// GenerateKeys draws the keys of a deployment of the protocol. The same random bytes give the same keys.
func GenerateKeys(p Protocol, t int, s suite.Suite, random io.Reader) (
	servers []suite.ServerKeys, writer, reader suite.ClientKeys, err error,
) {
	is := p.Traits(t)
	servers, writer, reader, err = suite.GenerateKeys(s, is.Servers, random)
	if err == nil && is.KeyPairs {
		err = suite.GenerateSigners(s, servers, random, &writer, &reader)
	}
	return servers, writer, reader, err
}

// Incarnate makes the client's end of a new process. Where clients have key pairs, and the keys are those of all writers,
// it issues an identity to it, which it draws from the client's entropy.
func Incarnate(p Protocol, c ClientParams) Register {
	if p.Traits(c.T).KeyPairs && c.Keys.IsWriter() && c.Keys.Own == nil {
		keys, err := c.Keys.Identify(c.Suite, c.PID, c.Entropy)
		if err != nil {
			return unable{err}
		}
		c.Keys = keys
	}
	return p.NewRegister(c)
}

// unable is the register of a client that can do nothing.
type unable struct{ err error }

func (u unable) Read(Key, Memory) Operation          { return Failed(u.err) }
func (u unable) Write(Key, []byte, Memory) Operation { return Failed(u.err) }
