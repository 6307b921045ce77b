package pow_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/powbench/powbench/protocols/pow"
	"github.com/powbench/powbench/protocols/suite"
)

// What a writer does for all servers, and what one server does, for each scheme of proofs.
func BenchmarkProofs(b *testing.B) {
	for _, t := range []int{1, 3} {
		for name, scheme := range map[string]pow.Scheme{
			"hash-paper": pow.Hash{Suite: suite.Paper()}, "hash-modern": pow.Hash{Suite: suite.Modern()}, "polynomial": pow.Polynomial{T: t},
		} {
			entropy, servers := rand.NewChaCha8([32]byte{}), 3*t+1
			secret, commitments, err := scheme.Commit(entropy, servers)
			if err != nil {
				b.Fatal(err)
			}
			b.Run(fmt.Sprintf("scheme=%s/t=%d/commit", name, t), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, _, err := scheme.Commit(entropy, servers); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run(fmt.Sprintf("scheme=%s/t=%d/verify", name, t), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if !scheme.Verify(commitments[0], secret) {
						b.Fatal("the proof does not hold")
					}
				}
			})
		}
	}
}
