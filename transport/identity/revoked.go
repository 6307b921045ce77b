package identity

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"
)

// revoked is the certificates that an authority has revoked, as a file lists them (RFC 5280, section 5). Where the list cannot
// be read, or is outdated, no certificate counts.
type revoked struct {
	path    string // empty for none
	issuers []*x509.Certificate

	mu      sync.Mutex
	size    int64
	changed time.Time // of the file, as it was read
	list    *x509.RevocationList
}

// refresh reads the list, if the file has changed.
func (r *revoked) refresh() error {
	if r.path == "" {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	info, err := os.Stat(r.path)
	if err == nil && (r.list == nil || info.Size() != r.size || !info.ModTime().Equal(r.changed)) {
		var list *x509.RevocationList
		if list, err = readRevoked(r.path, r.issuers); err == nil {
			r.list, r.size, r.changed = list, info.Size(), info.ModTime()
		}
	}
	if err == nil && time.Now().After(r.list.NextUpdate) {
		err = fmt.Errorf("it is outdated since %s", r.list.NextUpdate.UTC().Format(time.RFC3339))
	}
	if err != nil {
		return fmt.Errorf("list of revoked certificates %s: %w: make it again", r.path, err)
	}
	return nil
}

// check returns an error if the certificate of that name is revoked.
func (r *revoked) check(name Name, c *x509.Certificate) error {
	if err := r.refresh(); err != nil || r.path == "" {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if lists(r.list, c) {
		return fmt.Errorf("the certificate of %s is revoked: run `powbench certs` for another, if it is still to be trusted", name)
	}
	return nil
}

// lists reports whether the certificate is in the list.
func lists(l *x509.RevocationList, c *x509.Certificate) bool {
	return bytes.Equal(l.RawIssuer, c.RawIssuer) && slices.ContainsFunc(l.RevokedCertificateEntries,
		func(e x509.RevocationListEntry) bool { return e.SerialNumber.Cmp(c.SerialNumber) == 0 })
}

// readRevoked reads a list that one of the issuers has signed.
func readRevoked(path string, issuers []*x509.Certificate) (*x509.RevocationList, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(data)
	if block == nil || block.Type != typeList {
		return nil, fmt.Errorf("it has no block %q", typeList)
	}
	list, err := x509.ParseRevocationList(block.Bytes)
	if err != nil {
		return nil, err
	}
	for _, issuer := range issuers {
		if err = list.CheckSignatureFrom(issuer); err == nil {
			return list, nil
		}
	}
	return nil, fmt.Errorf("no authority that is trusted has signed it: %w", err)
}
