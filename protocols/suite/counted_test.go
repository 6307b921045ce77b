package suite

import (
	"crypto/rand"
	"testing"
)

// Whoever signs and verifies is counted, whatever comes of it, in one count for all keys; the rest of the suite is as it was.
func TestCounted(t *testing.T) {
	plain, err := ByName("modern")
	if err != nil {
		t.Fatal(err)
	}
	var counts Counts
	s := Counted(plain, &counts)
	private, public, err := s.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := s.Signer(private)
	if err != nil {
		t.Fatal(err)
	}
	message := []byte("message")
	signature, err := signer.Sign(rand.Reader, message)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		verifier, err := s.Verifier(public)
		if err != nil {
			t.Fatal(err)
		}
		if !verifier.Verify(message, signature) {
			t.Error("a right signature is refused")
		}
		if verifier.Verify([]byte("another"), signature) {
			t.Error("a wrong signature passes")
		}
	}
	if made, verified := counts.Made.Load(), counts.Verified.Load(); made != 1 || verified != 4 {
		t.Errorf("%d signatures made and %d verified, want 1 and 4", made, verified)
	}
	if s.Name() != plain.Name() || s.SignatureSize() != plain.SignatureSize() {
		t.Errorf("the suite is %s with signatures of %d bytes, want %s and %d", s.Name(), s.SignatureSize(), plain.Name(), plain.SignatureSize())
	}
	if _, err := s.Signer(nil); err == nil {
		t.Error("a signer without a key")
	}
	if _, err := s.Verifier(nil); err == nil {
		t.Error("a verifier without a key")
	}
}
