package identity

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"time"
)

// Credentials say who a process is and whom it trusts, as text, so that they can be handed to it.
type Credentials struct {
	Authority   string // certificates of the authorities that it trusts, PEM
	Certificate string // its own and, behind it, those that lead to an authority, PEM
	Key         string // its private key, PKCS #8, PEM
	// Revoked is the path of the file that lists revoked certificates; it is read again whenever it changes. Empty for none.
	Revoked string `json:",omitempty"`
}

// An Identity is credentials that are ready for use. It is safe for concurrent use.
type Identity struct {
	Name
	certificate tls.Certificate
	trusted     *x509.CertPool
	revoked     *revoked
}

// Open reads credentials. Those of nobody, the zero ones, make no identity: connections are then in the clear.
func Open(c Credentials) (*Identity, error) {
	if c == (Credentials{}) {
		return nil, nil
	}
	own, err := tls.X509KeyPair([]byte(c.Certificate), []byte(c.Key))
	if err != nil {
		return nil, fmt.Errorf("certificate and key: %w: make them with `powbench certs`", err)
	}
	authorities, err := certificatesIn(c.Authority)
	if err != nil {
		return nil, fmt.Errorf("certificate of the authority: %w", err)
	}
	id := &Identity{certificate: own, trusted: x509.NewCertPool(), revoked: &revoked{path: c.Revoked, issuers: authorities}}
	for _, a := range authorities {
		id.trusted.AddCert(a)
	}
	if id.Name, err = nameIn(own.Leaf); err != nil {
		return nil, err
	}
	return id, id.revoked.refresh()
}

// config has what both ends of a connection agree on.
func (id *Identity) config() *tls.Config {
	return &tls.Config{
		MinVersion:             tls.VersionTLS13,
		Certificates:           []tls.Certificate{id.certificate},
		SessionTicketsDisabled: true, // certificates are looked at again in each connection
		// Messages take as many records as they must, so that what they weigh can be told beforehand.
		DynamicRecordSizingDisabled: true,
	}
}

// Calling is for connections to the server of that name.
func (id *Identity) Calling(server Name) *tls.Config {
	c := id.config()
	c.InsecureSkipVerify = true // only the host's name is not verified, which says nothing here; the rest is, below
	c.VerifyConnection = func(s tls.ConnectionState) error {
		name, err := id.Check(s.PeerCertificates, x509.ExtKeyUsageServerAuth)
		if err == nil && name != server {
			err = fmt.Errorf("this is %s, not %s: check the order of the addresses", name, server)
		}
		return err
	}
	return c
}

// Answering is for connections that others make. Whoever they are, the handshake of TLS succeeds: the server looks at their
// certificates afterwards, by Check, so that it can tell them what is wrong.
func (id *Identity) Answering() *tls.Config {
	c := id.config()
	c.ClientAuth = tls.RequestClientCert
	return c
}

// Check returns who it is that has shown the certificates, of which the first is its own. The error says why they do not
// count, and what to do about it.
func (id *Identity) Check(chain []*x509.Certificate, as x509.ExtKeyUsage) (Name, error) {
	if len(chain) == 0 {
		return Name{}, errors.New("it has shown no certificate: give it one that `powbench certs` makes")
	}
	name, err := nameIn(chain[0])
	if err != nil {
		return Name{}, err
	}
	options := x509.VerifyOptions{Roots: id.trusted, Intermediates: x509.NewCertPool(), KeyUsages: []x509.ExtKeyUsage{as}}
	for _, c := range chain[1:] {
		options.Intermediates.AddCert(c)
	}
	if _, err := chain[0].Verify(options); err != nil {
		return name, explain(name, err)
	}
	return name, id.revoked.check(name, chain[0])
}

// Lapsed says why a certificate that counted when its connection began no longer does; nil if it does.
func (id *Identity) Lapsed(own *x509.Certificate) error {
	name, err := nameIn(own)
	if err == nil && time.Now().After(own.NotAfter) {
		err = expired(name, own)
	}
	if err == nil {
		err = id.revoked.check(name, own)
	}
	return err
}

// explain says what is wrong with the certificate of that name, and what to do about it.
func explain(name Name, err error) error {
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired {
		return expired(name, invalid.Cert)
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return fmt.Errorf("the certificate of %s is of an authority that is not trusted here: use one of this cluster's", name)
	}
	return fmt.Errorf("the certificate of %s does not count: %w", name, err)
}

// expired tells of a certificate that is not valid now: the one of that name, or one that leads to an authority.
func expired(name Name, c *x509.Certificate) error {
	const day = "2006-01-02 15:04 MST"
	if time.Now().Before(c.NotBefore) {
		return fmt.Errorf("the certificate of %s is valid from %s on only: set the clock", name, c.NotBefore.UTC().Format(day))
	}
	return fmt.Errorf("the certificate of %s expired at %s: run `powbench certs` again", name, c.NotAfter.UTC().Format(day))
}
