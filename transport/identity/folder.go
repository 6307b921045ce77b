package identity

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// A Folder is the path of one that keeps an authority and what it has issued:
//
//	ca.pem, ca-key.pem      the authority
//	revoked.pem             the certificates that it has revoked
//	server-1.pem, server-1-key.pem, writer-1.pem …
//
// Private keys can be read by their owner alone.
type Folder string

const (
	authorityName = "ca"
	revokedFile   = "revoked.pem"
)

// authorityLife is how long an authority lasts, which certificates do not outlive.
const authorityLife = 10 * 365 * 24 * time.Hour

func (f Folder) path(name string) string      { return filepath.Join(string(f), name) }
func (f Folder) certificate(of string) string { return f.path(of + ".pem") }
func (f Folder) key(of string) string         { return f.path(of + "-key.pem") }

func read(path string) (string, error) {
	data, err := os.ReadFile(path)
	return string(data), err
}

// write writes a whole file or none.
func (f Folder) write(path, text string, mode fs.FileMode) error {
	if err := os.MkdirAll(string(f), 0o700); err != nil {
		return err
	}
	next := path + ".new" // so that nobody reads half of it
	if err := os.WriteFile(next, []byte(text), mode); err != nil {
		return err
	}
	return os.Rename(next, path)
}

// Make issues certificates for those names that have none which counts, each for so long, and returns for whom. Without an
// authority it makes one.
func (f Folder) Make(names []Name, life time.Duration) (made []Name, err error) {
	a, err := f.open()
	if err != nil {
		return nil, err
	}
	for _, n := range names {
		if f.counts(n) == nil {
			continue
		}
		c, err := a.Issue(n, life)
		if err != nil {
			return made, err
		}
		if err := errors.Join(f.write(f.key(n.File()), c.Key, 0o600), f.write(f.certificate(n.File()), c.Certificate, 0o644)); err != nil {
			return made, err
		}
		made = append(made, n)
	}
	return made, nil
}

// counts returns an error unless somebody has a certificate that others accept.
func (f Folder) counts(n Name) error {
	c, err := f.Credentials(n)
	if err != nil {
		return err
	}
	id, err := Open(c)
	if err != nil {
		return err
	}
	_, err = id.Check([]*x509.Certificate{id.certificate.Leaf}, x509.ExtKeyUsageClientAuth)
	return err
}

// Credentials are those of the name.
func (f Folder) Credentials(n Name) (c Credentials, err error) {
	var errs [3]error
	c.Authority, errs[0] = read(f.certificate(authorityName))
	c.Certificate, errs[1] = read(f.certificate(n.File()))
	c.Key, errs[2] = read(f.key(n.File()))
	if err := errors.Join(errs[:]...); err != nil {
		return Credentials{}, fmt.Errorf("no certificate of %s in %s: make it with `powbench certs --dir %s`: %w", n, f, f, err)
	}
	c.Revoked, err = filepath.Abs(f.path(revokedFile))
	return c, err
}

// Revoke has the certificate of that name count no more, wherever the list in the folder is read.
func (f Folder) Revoke(n Name) error {
	if _, err := os.Stat(f.certificate(authorityName)); err != nil {
		return fmt.Errorf("no authority in %s: name its folder by --dir: %w", f, err)
	}
	a, err := f.open()
	if err != nil {
		return err
	}
	text, err := read(f.certificate(n.File()))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s has no certificate in %s: %w", n, f, err)
	} else if err != nil {
		return err
	}
	own, err := certificatesIn(text)
	if err != nil {
		return fmt.Errorf("%s: %w", f.certificate(n.File()), err)
	}
	earlier, err := readRevoked(f.path(revokedFile), []*x509.Certificate{a.certificate})
	if err != nil {
		return fmt.Errorf("%s: %w", f.path(revokedFile), err)
	}
	if lists(earlier, own[0]) {
		return fmt.Errorf("the certificate of %s is revoked already", n)
	}
	return f.revoke(a, earlier, own[0])
}

// revoke writes a list.
func (f Folder) revoke(a *Authority, earlier *x509.RevocationList, more ...*x509.Certificate) error {
	list, err := a.Revoke(earlier, more...)
	if err != nil {
		return err
	}
	return f.write(f.path(revokedFile), list, 0o644)
}

// open reads the folder's authority, or makes it.
func (f Folder) open() (*Authority, error) {
	text, err := read(f.certificate(authorityName))
	if errors.Is(err, fs.ErrNotExist) {
		return f.found()
	} else if err != nil {
		return nil, err
	}
	own, err := certificatesIn(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.certificate(authorityName), err)
	}
	if time.Now().After(own[0].NotAfter) {
		return nil, fmt.Errorf("the authority in %s has expired: make another one in another folder", f)
	}
	text, err = read(f.key(authorityName))
	if err != nil {
		return nil, fmt.Errorf("the authority's key: %w", err)
	}
	key, err := keyIn(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.key(authorityName), err)
	}
	return &Authority{certificate: own[0], key: key}, nil
}

// found makes the folder's authority, with a list of nobody.
func (f Folder) found() (*Authority, error) {
	a, err := NewAuthority(authorityLife)
	if err != nil {
		return nil, err
	}
	key, err := encodeKey(a.key)
	if err == nil {
		err = f.write(f.key(authorityName), key, 0o600)
	}
	if err == nil {
		err = f.revoke(a, nil)
	}
	if err == nil { // the last one, by which the authority is known to be there
		err = f.write(f.certificate(authorityName), encode(typeCertificate, a.certificate.Raw), 0o644)
	}
	return a, err
}

// keyIn reads a private key.
func keyIn(text string) (*ecdsa.PrivateKey, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, fmt.Errorf("it has no block %q", typeKey)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	if own, ok := key.(*ecdsa.PrivateKey); ok {
		return own, nil
	}
	return nil, fmt.Errorf("a key of the type %T: want one of P-256", key)
}
