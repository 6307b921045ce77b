package suite

import (
	"crypto/sha1"
	"io"
)

// Paper is the suite of the paper (§6.1): SHA-1, HMAC-SHA1, nonces of 160 bits and DSA with 1024 bits. It is there to
// measure what the paper measured. Nothing else should rely on it.
func Paper() Suite { return paper{} }

type paper struct{}

func (paper) Name() string   { return "paper" }
func (paper) HashSize() int  { return sha1.Size }
func (paper) NonceSize() int { return 160 / 8 }

func (paper) SignatureSize() int { return dsaSignatureSize }

func (paper) Hash(parts ...[]byte) []byte {
	if len(parts) == 1 {
		sum := sha1.Sum(parts[0])
		return sum[:]
	}
	return hashParts(sha1.New(), parts)
}

func (paper) MAC(key []byte) MAC { return newMAC(sha1.New, key) }

func (paper) GenerateKey(random io.Reader) (private, public []byte, err error) {
	return generateDSAKey(random)
}

func (paper) Signer(private []byte) (Signer, error)    { return newDSASigner(private) }
func (paper) Verifier(public []byte) (Verifier, error) { return newDSAVerifier(public) }
