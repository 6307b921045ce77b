package pow_test

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/powbench/powbench/protocols/pow"
	"github.com/powbench/powbench/protocols/suite"
)

// schemes are all of them, by name.
func schemes() map[string]pow.Scheme {
	return map[string]pow.Scheme{
		"paper": pow.Hash{Suite: suite.Paper()}, "modern": pow.Hash{Suite: suite.Modern()},
		"polynomial, t=1": pow.Polynomial{T: 1}, "polynomial, t=3": pow.Polynomial{T: 3},
		"polynomial, naive": pow.Polynomial{T: 4, Evaluate: pow.Naive},
	}
}

func TestSecretOpensCommitments(t *testing.T) {
	for name, scheme := range schemes() {
		entropy := rand.NewChaCha8([32]byte{1})
		secret, commitments, err := scheme.Commit(entropy, 4)
		if err != nil || len(secret) != scheme.SecretSize() || len(commitments) != 4 {
			t.Fatalf("%s: secret of %d bytes, %d commitments, %v", name, len(secret), len(commitments), err)
		}
		for i, c := range commitments {
			if len(c) != scheme.CommitmentSize() || !scheme.Verify(c, secret) {
				t.Errorf("%s: commitment %d of %d bytes is not that of the secret", name, i, len(c))
			}
			if bytes.Equal(c, commitments[(i+1)%4]) == scheme.Private() {
				t.Errorf("%s: commitments %d and %d are alike or differ, unlike others of the scheme", name, i, (i+1)%4)
			}
		}
	}
}

func TestOtherSecretsDoNot(t *testing.T) {
	for name, scheme := range schemes() {
		entropy := rand.NewChaCha8([32]byte{2})
		secret, commitments, err := scheme.Commit(entropy, 1)
		if err != nil {
			t.Fatal(err)
		}
		again, others, err := scheme.Commit(entropy, 1)
		if err != nil || bytes.Equal(secret, again) || scheme.Verify(others[0], secret) {
			t.Errorf("%s: a secret was drawn twice (%v)", name, err)
		}
		bad := map[string][]byte{
			"another": again, "none": nil, "a short": secret[1:], "a long": append(bytes.Clone(secret), 0),
		}
		for i := range 8 * len(secret) {
			wrong := bytes.Clone(secret)
			wrong[i/8] ^= 1 << (i % 8)
			if scheme.Verify(commitments[0], wrong) {
				t.Errorf("%s: the secret with bit %d changed verifies", name, i)
			}
		}
		for what, b := range bad {
			if scheme.Verify(commitments[0], b) {
				t.Errorf("%s: %s secret verifies", name, what)
			}
		}
		for i := range 8 * len(commitments[0]) {
			wrong := bytes.Clone(commitments[0])
			wrong[i/8] ^= 1 << (i % 8)
			if scheme.Verify(wrong, secret) {
				t.Errorf("%s: a commitment with bit %d changed verifies", name, i)
			}
		}
		if scheme.Verify(nil, secret) || scheme.Verify(commitments[0][1:], secret) || scheme.Verify(commitments[0], nil) {
			t.Errorf("%s: verifies without a whole commitment or a secret", name)
		}
	}
}

func TestWithoutEntropy(t *testing.T) {
	for name, scheme := range schemes() {
		for _, bytes := range []int{0, 5, 64, 64*(scheme.SecretSize()/32) + 5} {
			if _, isHash := scheme.(pow.Hash); isHash && bytes > 5 {
				continue
			}
			if _, _, err := scheme.Commit(strings.NewReader(strings.Repeat("r", bytes)), 1); err == nil {
				t.Errorf("%s: drew a secret and a commitment from %d bytes", name, bytes)
			}
		}
	}
}
