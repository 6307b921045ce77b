// Package suite holds the crypto suites: one choice of hash, MAC, nonce and signature that every protocol uses alike.
// It imports nothing of ours; the model and all above may import it.
package suite

import (
	"encoding/binary"
	"fmt"
	"io"
)

// A Suite is one choice of primitives. Suites are safe for concurrent use.
type Suite interface {
	// Name is the suite's name in configurations and results.
	Name() string
	// Hash is H over the plain concatenation of the parts; a digest has HashSize bytes.
	Hash(parts ...[]byte) []byte
	HashSize() int
	// NonceSize is the length λ/8 of a nonce in bytes.
	NonceSize() int
	// MAC prepares the message authentication function for one key.
	MAC(key []byte) MAC
	Scheme
}

// A Scheme is one choice of signatures.
type Scheme interface {
	// SignatureSize is the length of every signature in bytes, PublicKeySize that of every public key.
	SignatureSize() int
	PublicKeySize() int
	// GenerateKey makes a key pair. RSA takes the operating system's random bytes, as Go's does since 1.26.
	GenerateKey(random io.Reader) (private, public []byte, err error)
	// Signer and Verifier prepare a key for use.
	Signer(private []byte) (Signer, error)
	Verifier(public []byte) (Verifier, error)
}

// WithScheme is the suite s, by its name, with the signatures of another scheme.
func WithScheme(s Suite, signatures Scheme) Suite { return otherwiseSigned{s, signatures} }

type otherwiseSigned struct {
	Suite
	scheme Scheme
}

func (s otherwiseSigned) SignatureSize() int { return s.scheme.SignatureSize() }

func (s otherwiseSigned) PublicKeySize() int { return s.scheme.PublicKeySize() }

func (s otherwiseSigned) GenerateKey(random io.Reader) (private, public []byte, err error) {
	return s.scheme.GenerateKey(random)
}

func (s otherwiseSigned) Signer(private []byte) (Signer, error) { return s.scheme.Signer(private) }

func (s otherwiseSigned) Verifier(public []byte) (Verifier, error) { return s.scheme.Verifier(public) }

// A MAC computes and checks tags under one key. It is safe for concurrent use and allocates nothing except its result.
type MAC interface {
	// Sum is the tag of the list of parts, each with its length before it: ("ab", "c") and ("a", "bc") differ.
	Sum(parts ...[]byte) []byte
	// Verify reports, in constant time, whether tag belongs to the parts.
	Verify(tag []byte, parts ...[]byte) bool
}

// A Signer signs under one private key. It is safe for concurrent use.
type Signer interface {
	// Sign signs the message. Random is for schemes that need it: Ed25519 takes none, and DSA takes the operating
	// system's instead, as Go's does since 1.26, so that DSA signatures differ from run to run.
	Sign(random io.Reader, message []byte) ([]byte, error)
}

// A Verifier checks signatures under one public key. It is safe for concurrent use.
type Verifier interface {
	Verify(message, signature []byte) bool
}

// ServerKeys are the keys that a server knows: its own group key, the writers' public key and those that it shares with
// each server alone.
type ServerKeys struct {
	Group  []byte // k_i, shared by server i and all writers
	Public []byte // verifies writers' signatures
	// Pairs are k_i1 … k_iS, of which server j knows k_ij = k_ji too, and no client any. Clusters that were made before
	// there were any have none; none of their protocols needs them.
	Pairs [][]byte `json:",omitempty"`

	// Where servers have key pairs (GenerateSigners), Private is the server's own and Servers are the public keys of all.
	Private []byte   `json:",omitempty"`
	Servers [][]byte `json:",omitempty"`
}

// ClientKeys are the keys that a client knows. A reader's Groups and Private are nil.
type ClientKeys struct {
	Groups  [][]byte // k_1 … k_S
	Private []byte   // signs for the writers
	Public  []byte

	Servers [][]byte  `json:",omitempty"` // public keys of the servers, where they have key pairs
	Own     *Identity `json:",omitempty"` // of this client alone, where clients have key pairs
}

// IsWriter reports whether the keys are a writer's.
func (k ClientKeys) IsWriter() bool { return k.Groups != nil }

// ByName is the suite with the name that configurations and results give it.
func ByName(name string) (Suite, error) {
	switch name {
	case "paper":
		return Paper(), nil
	case "modern":
		return Modern(), nil
	case "blake3":
		return Blake3(), nil
	}
	return nil, fmt.Errorf("unknown crypto suite %q: use paper, modern or blake3", name)
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

// GenerateKeys draws the keys of a cluster: a group key for each server, as long as a digest, one pair of signature keys
// for all writers, and a key for each pair of servers. The same random bytes give the same keys.
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
	master := make([]byte, s.HashSize())
	if _, err := io.ReadFull(random, master); err != nil {
		return nil, ClientKeys{}, ClientKeys{}, fmt.Errorf("draw the servers' keys: %w", err)
	}
	for i := range serverKeys {
		serverKeys[i].Pairs = pairKeys(s.MAC(master), i, servers)
	}
	return serverKeys, writer, ClientKeys{Public: public}, nil
}

// pairKeys derives the keys that server i shares with each server from a master key, which nobody keeps.
func pairKeys(master MAC, i, servers int) [][]byte {
	keys := make([][]byte, servers)
	for j := range keys {
		pair := binary.BigEndian.AppendUint64(nil, uint64(min(i, j)))
		keys[j] = master.Sum([]byte("pair"), binary.BigEndian.AppendUint64(pair, uint64(max(i, j))))
	}
	return keys
}
