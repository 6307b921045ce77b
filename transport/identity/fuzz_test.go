package identity

import (
	"crypto/x509"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/powbench/powbench/harness/sweep"
)

// Whatever stands in files, credentials are those of somebody with a name, or refused.
func FuzzCredentials(f *testing.F) {
	a, err := NewAuthority(time.Hour)
	if err != nil {
		f.Fatal(err)
	}
	good, err := a.Issue(writer1, time.Hour)
	if err != nil {
		f.Fatal(err)
	}
	list, err := a.Revoke(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good.Authority, good.Certificate, good.Key, list)
	f.Add(good.Authority, good.Certificate+good.Authority, good.Key, "")
	f.Add(good.Certificate, good.Authority, good.Key, good.Key)
	f.Add("-----BEGIN CERTIFICATE-----\n\n-----END CERTIFICATE-----\n", "", "", "-----BEGIN X509 CRL-----\n\n-----END X509 CRL-----\n")
	path := filepath.Join(f.TempDir(), revokedFile)
	sweep.Fuzz(f, func(t testing.TB, authority, certificate, key, list string) {
		c := Credentials{Authority: authority, Certificate: certificate, Key: key}
		if list != "" {
			if err := os.WriteFile(path, []byte(list), 0o600); err != nil {
				t.Fatal(err)
			}
			c.Revoked = path
		}
		id, err := Open(c)
		if err != nil || id == nil {
			return
		}
		if n, err := ParseName(id.File()); n != id.Name || err != nil {
			t.Errorf("%v is nobody: %v", id.Name, err)
		}
		_, _ = id.Check([]*x509.Certificate{id.certificate.Leaf}, x509.ExtKeyUsageClientAuth)
	})
}
