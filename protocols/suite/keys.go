package suite

import (
	"fmt"
	"io"
)

// ByName is the suite with the name that configurations and results give it.
func ByName(name string) (Suite, error) {
	switch name {
	case "paper":
		return Paper(), nil
	case "modern":
		return Modern(), nil
	}
	return nil, fmt.Errorf("unknown crypto suite %q: use paper or modern", name)
}

// SchemeByName is the scheme of signatures with the name that protocols give it, apart from a suite's own.
func SchemeByName(name string) (Scheme, error) {
	switch name {
	case "ed25519":
		return Ed25519(), nil
	case "rsa":
		return RSA(), nil
	}
	return nil, fmt.Errorf("unknown signature scheme %q: use ed25519 or rsa", name)
}

// GenerateKeys draws the keys of a cluster: a group key for each server, as long as a digest, and one pair of
// signature keys for all writers. The same random bytes give the same keys.
func GenerateKeys(s Suite, servers int, random io.Reader) (
	serverKeys []ServerKeys, writer, reader ClientKeys, err error,
) {
	private, public, err := s.GenerateKey(random)
	if err != nil {
		return nil, ClientKeys{}, ClientKeys{}, err
	}
	serverKeys = make([]ServerKeys, servers)
	writer = ClientKeys{Groups: make([][]byte, servers), Private: private, Public: public}
	for i := range serverKeys {
		group := make([]byte, s.HashSize())
		if _, err := io.ReadFull(random, group); err != nil {
			return nil, ClientKeys{}, ClientKeys{}, fmt.Errorf("draw the key of server %d: %w", i+1, err)
		}
		serverKeys[i] = ServerKeys{Group: group, Public: public}
		writer.Groups[i] = group
	}
	return serverKeys, writer, ClientKeys{Public: public}, nil
}
