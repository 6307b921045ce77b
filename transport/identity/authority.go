package identity

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net/url"
	"time"
)

// backdated is how long before its making a certificate is valid: machines' clocks differ.
const backdated = 24 * time.Hour

// An Authority issues certificates, for tests and for a cluster of one's own. Keys are of P-256.
type Authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// NewAuthority makes an authority that lasts so long from now.
func NewAuthority(life time.Duration) (*Authority, error) {
	key, err := newKey()
	if err != nil {
		return nil, err
	}
	mark := make([]byte, 4)
	_, _ = rand.Read(mark) // never fails
	template := &x509.Certificate{
		Subject:   pkix.Name{CommonName: fmt.Sprintf("PoWBench test authority %x", mark)},
		NotBefore: time.Now().Add(-backdated), NotAfter: time.Now().Add(life),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	a := &Authority{key: key}
	a.certificate, err = x509.ParseCertificate(der)
	return a, err
}

// Issue makes a certificate and key for that name, which last so long from now, but no longer than the authority does.
func (a *Authority) Issue(n Name, life time.Duration) (Credentials, error) {
	key, err := newKey()
	if err != nil {
		return Credentials{}, err
	}
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: n.File()}, URIs: []*url.URL{n.uri()},
		NotBefore: time.Now().Add(-backdated), NotAfter: time.Now().Add(life),
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	if template.NotAfter.After(a.certificate.NotAfter) {
		template.NotAfter = a.certificate.NotAfter
	}
	if n.Role == Server { // which also calls other servers
		template.ExtKeyUsage = append(template.ExtKeyUsage, x509.ExtKeyUsageServerAuth)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, key.Public(), a.key)
	if err != nil {
		return Credentials{}, err
	}
	private, err := encodeKey(key)
	return Credentials{Authority: encode(typeCertificate, a.certificate.Raw), Certificate: encode(typeCertificate, der), Key: private}, err
}

// Revoke makes a list of revoked certificates: those of an earlier list, if there is one, and others.
func (a *Authority) Revoke(earlier *x509.RevocationList, more ...*x509.Certificate) (string, error) {
	now := time.Now()
	list := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: now, NextUpdate: a.certificate.NotAfter}
	if earlier != nil {
		list.Number.Add(earlier.Number, list.Number)
		list.RevokedCertificateEntries = earlier.RevokedCertificateEntries
	}
	for _, c := range more {
		list.RevokedCertificateEntries = append(list.RevokedCertificateEntries,
			x509.RevocationListEntry{SerialNumber: c.SerialNumber, RevocationTime: now})
	}
	der, err := x509.CreateRevocationList(rand.Reader, list, a.certificate, a.key)
	return encode(typeList, der), err
}

func newKey() (*ecdsa.PrivateKey, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }

// The types of PEM blocks.
const (
	typeCertificate = "CERTIFICATE"
	typeKey         = "PRIVATE KEY"
	typeList        = "X509 CRL"
)

func encode(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func encodeKey(key *ecdsa.PrivateKey) (string, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	return encode(typeKey, der), err
}

// certificatesIn reads all certificates in a text, of which there must be one.
func certificatesIn(text string) (all []*x509.Certificate, err error) {
	for rest := []byte(text); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != typeCertificate {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	if len(all) == 0 {
		return nil, errors.New("there is none")
	}
	return all, nil
}
