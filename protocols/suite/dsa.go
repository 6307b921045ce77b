package suite

import (
	"crypto/dsa" //nolint:staticcheck // the paper's signature scheme (§6.1), to measure what it measured
	"crypto/sha1"
	"fmt"
	"io"
	"math/big"
)

// The domain parameters of all our DSA keys: L = 1024, N = 160, those of RFC 6979, appendix A.2.1.
const (
	dsaP = "86F5CA03DCFEB225063FF830A0C769B9DD9D6153AD91D7CE27F787C43278B447" +
		"E6533B86B18BED6E8A48B784A14C252C5BE0DBF60B86D6385BD2F12FB763ED88" +
		"73ABFD3F5BA2E0A8C0A59082EAC056935E529DAF7C610467899C77ADEDFC846C" +
		"881870B7B19B2B58F9BE0521A17002E3BDD6B86685EE90B3D9A1B02B782B1779"
	dsaQ = "996F967F6C8E388D9E28D01E205FBA957A5698B1"
	dsaG = "07B0F92546150B62514BB771E2A0C0CE387F03BDA6C56B505209FF25FD3C133D" +
		"89BBCD97E904E09114D9A7DEFDEADFC9078EA544D2E401AEECC40BB9FBBF78FD" +
		"87995A10A1C27CB7789B594BA7EFB5C4326A9FE59A070E136DB77175464ADCA4" +
		"17BE5DCE2F40D10A46A3A3943F26AB7FD9C0398FF8C76EE0A56826A8A88F1DBD"
)

// The sizes in bytes of a private key x, a public key y and a signature r‖s: all of fixed width.
const (
	dsaPrivateSize   = 160 / 8
	dsaPublicSize    = 1024 / 8
	dsaSignatureSize = 2 * dsaPrivateSize
)

var dsaParameters = dsa.Parameters{P: fromHex(dsaP), Q: fromHex(dsaQ), G: fromHex(dsaG)}

func fromHex(digits string) *big.Int {
	n, _ := new(big.Int).SetString(digits, 16) // of the constants above; a test reads them
	return n
}

// dsaScheme is the signature scheme of the paper's suite.
type dsaScheme struct{}

func (dsaScheme) SignatureSize() int { return dsaSignatureSize }

func (dsaScheme) PublicKeySize() int { return dsaPublicSize }

func (dsaScheme) GenerateKey(random io.Reader) (private, public []byte, err error) {
	key := dsa.PrivateKey{PublicKey: dsa.PublicKey{Parameters: dsaParameters}}
	if err := dsa.GenerateKey(&key, random); err != nil {
		return nil, nil, fmt.Errorf("draw a DSA key: %w", err)
	}
	return key.X.FillBytes(make([]byte, dsaPrivateSize)), key.Y.FillBytes(make([]byte, dsaPublicSize)), nil
}

func (dsaScheme) Signer(private []byte) (Signer, error) {
	x := new(big.Int).SetBytes(private)
	if len(private) != dsaPrivateSize || x.Sign() == 0 || x.Cmp(dsaParameters.Q) >= 0 {
		return nil, fmt.Errorf("not a DSA private key: %d bytes, want %d that are between 0 and q",
			len(private), dsaPrivateSize)
	}
	key := &dsa.PrivateKey{PublicKey: dsa.PublicKey{Parameters: dsaParameters}, X: x}
	return signFunc(func(random io.Reader, message []byte) ([]byte, error) {
		digest := sha1.Sum(message)
		r, s, err := dsa.Sign(random, key, digest[:])
		if err != nil {
			return nil, fmt.Errorf("sign with DSA: %w", err)
		}
		signature := make([]byte, dsaSignatureSize)
		r.FillBytes(signature[:dsaSignatureSize/2])
		s.FillBytes(signature[dsaSignatureSize/2:])
		return signature, nil
	}), nil
}

func (dsaScheme) Verifier(public []byte) (Verifier, error) {
	y := new(big.Int).SetBytes(public)
	one := big.NewInt(1)
	if len(public) != dsaPublicSize || y.Cmp(one) <= 0 || y.Cmp(dsaParameters.P) >= 0 ||
		new(big.Int).Exp(y, dsaParameters.Q, dsaParameters.P).Cmp(one) != 0 {
		return nil, fmt.Errorf("not a DSA public key: %d bytes, want %d that are in the group of order q",
			len(public), dsaPublicSize)
	}
	key := &dsa.PublicKey{Parameters: dsaParameters, Y: y}
	return verifyFunc(func(message, signature []byte) bool {
		if len(signature) != dsaSignatureSize {
			return false
		}
		digest := sha1.Sum(message)
		r := new(big.Int).SetBytes(signature[:dsaSignatureSize/2])
		s := new(big.Int).SetBytes(signature[dsaSignatureSize/2:])
		return dsa.Verify(key, digest[:], r, s)
	}), nil
}
