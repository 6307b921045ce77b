package pow_test

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/powbench/powbench/protocols/pow"
	"github.com/powbench/powbench/protocols/suite"
)

func TestHash(t *testing.T) {
	for _, s := range []suite.Suite{suite.Paper(), suite.Modern()} {
		t.Run(s.Name(), func(t *testing.T) {
			h := pow.Hash{Suite: s}
			entropy := rand.NewChaCha8([32]byte{1})
			secret, commitments, err := h.Commit(entropy, 4)
			if err != nil || len(secret) != s.NonceSize() || len(commitments) != 4 {
				t.Fatalf("secret of %d bytes, %d commitments, %v", len(secret), len(commitments), err)
			}
			for i, c := range commitments {
				if !h.Verify(c, secret) || !bytes.Equal(c, s.Hash(secret)) {
					t.Errorf("commitment %d is not that of the secret", i)
				}
			}
			again, _, err := h.Commit(entropy, 1)
			if err != nil || bytes.Equal(secret, again) {
				t.Errorf("a secret was drawn twice (%v)", err)
			}
			wrong := bytes.Clone(secret)
			wrong[0] ^= 1
			for name, bad := range map[string][]byte{
				"other": again, "one bit": wrong, "none": nil, "short": secret[1:], "long": append(wrong, 0),
			} {
				if h.Verify(commitments[0], bad) {
					t.Errorf("%s secret verifies", name)
				}
			}
			if h.Verify(nil, secret) || h.Verify(s.Hash(), nil) {
				t.Error("verifies without a commitment or a secret")
			}
		})
	}
}

func TestHashWithoutEntropy(t *testing.T) {
	if _, _, err := (pow.Hash{Suite: suite.Paper()}).Commit(strings.NewReader("short"), 1); err == nil {
		t.Error("drew a nonce from five bytes")
	}
}
