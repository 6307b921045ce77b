package suite

import "crypto/sha256"

// Modern is the suite of today: SHA-256, HMAC-SHA256, nonces of 256 bits and Ed25519.
func Modern() Suite { return modern{} }

type modern struct{ ed25519Scheme }

func (modern) Name() string   { return "modern" }
func (modern) HashSize() int  { return sha256.Size }
func (modern) NonceSize() int { return 256 / 8 }

func (modern) Hash(parts ...[]byte) []byte {
	if len(parts) == 1 {
		sum := sha256.Sum256(parts[0])
		return sum[:]
	}
	return hashParts(sha256.New(), parts)
}

func (modern) MAC(key []byte) MAC { return newMAC(sha256.New, key) }
