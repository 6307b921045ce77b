package suite

import (
	"encoding/binary"
	"fmt"
	"io"
)

// An Identity is what tells one incarnation of a client from all others: a signature key pair of its own, and the writers'
// signature of its process id and public key. Servers that know the writers' public key so know the client's, although
// nobody told them of it. It is the deployment that issues identities: who has one cannot make another.
type Identity struct {
	Private, Public []byte
	Credential      []byte // the writers' signature
}

// Identify returns the writer's keys with an identity for the process id, in place of the key that issues identities.
func (k ClientKeys) Identify(s Suite, pid uint64, random io.Reader) (ClientKeys, error) {
	issuer, err := s.Signer(k.Private)
	if err != nil {
		return ClientKeys{}, err
	}
	var own Identity
	if own.Private, own.Public, err = s.GenerateKey(random); err != nil {
		return ClientKeys{}, err
	}
	if own.Credential, err = issuer.Sign(random, identified(pid, own.Public)); err != nil {
		return ClientKeys{}, fmt.Errorf("sign the public key of client %d: %w", pid, err)
	}
	k.Private, k.Own = nil, &own
	return k, nil
}

// Credible reports whether the writers, whose signatures are verified, say that the public key is the client's of that
// process id.
func Credible(writers Verifier, pid uint64, public, credential []byte) bool {
	return writers.Verify(identified(pid, public), credential)
}

// identified is the message that a credential signs.
func identified(pid uint64, public []byte) []byte {
	return append(binary.BigEndian.AppendUint64([]byte("client"), pid), public...)
}

// GenerateSigners draws a signature key pair for each server, whose public parts all servers and clients get to know.
func GenerateSigners(s Suite, servers []ServerKeys, random io.Reader, clients ...*ClientKeys) error {
	all := make([][]byte, len(servers))
	for i := range servers {
		var err error
		if servers[i].Private, all[i], err = s.GenerateKey(random); err != nil {
			return fmt.Errorf("draw the key pair of server %d: %w", i+1, err)
		}
		servers[i].Servers = all
	}
	for _, c := range clients {
		c.Servers = all
	}
	return nil
}
