package identity

import (
	"crypto/x509"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	server3 = Name{Server, 3}
	writer1 = Name{Writer, 1}
)

func authority(t *testing.T) *Authority {
	t.Helper()
	a, err := NewAuthority(time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func issue(t *testing.T, a *Authority, n Name, life time.Duration) Credentials {
	t.Helper()
	c, err := a.Issue(n, life)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func open(t *testing.T, c Credentials) *Identity {
	t.Helper()
	id, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func chain(id *Identity) []*x509.Certificate { return []*x509.Certificate{id.certificate.Leaf} }

func says(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("the error is %v, want one with %q", err, want)
	}
}

func TestNames(t *testing.T) {
	for text, want := range map[string]Name{"server-3": server3, "writer-1": writer1, "reader-12": {Reader, 12}} {
		if n, err := ParseName(text); n != want || err != nil || n.File() != text {
			t.Errorf("%s is %v, %v", text, n, err)
		}
	}
	for _, text := range []string{"", "server", "server-0", "server--1", "server-x", "admin-1", "server-1-2"} {
		if n, err := ParseName(text); err == nil {
			t.Errorf("%q is %v", text, n)
		}
	}
}

// Who has a certificate of the authority is whom it names, and each end accepts the other's.
func TestCheckTellsNames(t *testing.T) {
	a := authority(t)
	for _, c := range []struct {
		name Name
		as   x509.ExtKeyUsage
		want string // of the error; empty for none
	}{
		{server3, x509.ExtKeyUsageServerAuth, ""},
		{server3, x509.ExtKeyUsageClientAuth, ""}, // it calls other servers
		{writer1, x509.ExtKeyUsageClientAuth, ""},
		{writer1, x509.ExtKeyUsageServerAuth, "the certificate of writer 1 does not count"},
	} {
		id := open(t, issue(t, a, c.name, time.Minute))
		name, err := id.Check(chain(id), c.as)
		if name != c.name || id.Name != c.name {
			t.Errorf("%v is %v and %v", c.name, name, id.Name)
		}
		if c.want != "" {
			says(t, err, c.want)
		} else if err != nil {
			t.Error(err)
		}
	}
}

func TestCheckRefuses(t *testing.T) {
	a := authority(t)
	here := open(t, issue(t, a, server3, time.Minute))
	for want, shown := range map[string][]*x509.Certificate{
		"it has shown no certificate":                                 nil,
		"the certificate of writer 1 expired at":                      chain(open(t, issue(t, a, writer1, -time.Minute))),
		"of writer 1 is of an authority that is not trusted here":     chain(open(t, issue(t, authority(t), writer1, time.Minute))),
		"its certificate has 0 URIs, want one such as spiffe://powbe": {a.certificate},
	} {
		_, err := here.Check(shown, x509.ExtKeyUsageClientAuth)
		says(t, err, want)
	}
}

func TestLapsed(t *testing.T) {
	a := authority(t)
	id := open(t, issue(t, a, writer1, time.Minute))
	if err := id.Lapsed(id.certificate.Leaf); err != nil {
		t.Error(err)
	}
	says(t, id.Lapsed(open(t, issue(t, a, writer1, -time.Minute)).certificate.Leaf), "expired at")
}

func TestOpenRefuses(t *testing.T) {
	a := authority(t)
	good := issue(t, a, writer1, time.Minute)
	for want, spoil := range map[string]func(*Credentials){
		"certificate and key":                            func(c *Credentials) { c.Key = "" },
		"certificate of the authority: there is none":    func(c *Credentials) { c.Authority = c.Key },
		"private key does not match":                     func(c *Credentials) { c.Key = issue(t, a, writer1, time.Minute).Key },
		"list of revoked certificates no-such-file: ":    func(c *Credentials) { c.Revoked = "no-such-file" },
		"its certificate has 0 URIs, want one such as s": func(c *Credentials) { c.Certificate, c.Key = ofAuthority(t, a) },
	} {
		bad := good
		spoil(&bad)
		_, err := Open(bad)
		says(t, err, want)
	}
	if id, err := Open(Credentials{}); id != nil || err != nil {
		t.Errorf("nobody is %v, %v", id, err)
	}
}

func ofAuthority(t *testing.T, a *Authority) (certificate, key string) {
	t.Helper()
	key, err := encodeKey(a.key)
	if err != nil {
		t.Fatal(err)
	}
	return encode(typeCertificate, a.certificate.Raw), key
}

// A folder issues what is missing, has expired or is revoked, and leaves the rest alone.
func TestFolder(t *testing.T) {
	f := Folder(filepath.Join(t.TempDir(), "a", "certs"))
	names := []Name{server3, writer1}
	makes := func(life time.Duration, want ...Name) {
		t.Helper()
		if made, err := f.Make(names, life); err != nil || !slices.Equal(made, want) {
			t.Errorf("made %v, want %v; %v", made, want, err)
		}
	}
	makes(-time.Minute, names...)
	makes(time.Hour, names...) // in place of those that have expired
	makes(time.Hour)
	running := identityOf(t, f, server3)
	revoked := identityOf(t, f, writer1)
	if _, err := running.Check(chain(revoked), x509.ExtKeyUsageClientAuth); err != nil {
		t.Error(err)
	}
	if err := f.Revoke(writer1); err != nil {
		t.Fatal(err)
	}
	_, err := running.Check(chain(revoked), x509.ExtKeyUsageClientAuth)
	says(t, err, "the certificate of writer 1 is revoked")
	says(t, running.Lapsed(revoked.certificate.Leaf), "the certificate of writer 1 is revoked")
	says(t, f.Revoke(writer1), "revoked already")
	makes(time.Hour, writer1)
	if _, err := running.Check(chain(identityOf(t, f, writer1)), x509.ExtKeyUsageClientAuth); err != nil {
		t.Errorf("the new certificate: %v", err)
	}
	if err := f.Revoke(server3); err != nil { // the list keeps what is in it
		t.Fatal(err)
	}
	_, err = running.Check(chain(revoked), x509.ExtKeyUsageClientAuth)
	says(t, err, "the certificate of writer 1 is revoked")
	says(t, f.Revoke(Name{Reader, 7}), "reader 7 has no certificate in")
	says(t, Folder(t.TempDir()).Revoke(writer1), "no authority in")
}

func identityOf(t *testing.T, f Folder, n Name) *Identity {
	t.Helper()
	c, err := f.Credentials(n)
	if err != nil {
		t.Fatal(err)
	}
	return open(t, c)
}

func TestOnlyOwnersReadKeys(t *testing.T) {
	f := Folder(t.TempDir())
	if _, err := f.Make([]Name{writer1}, time.Hour); err != nil {
		t.Fatal(err)
	}
	keys := 0
	err := fs.WalkDir(os.DirFS(string(f)), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "-key.pem") {
			return err
		}
		keys++
		info, err := d.Info()
		if err == nil && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return err
	})
	if err != nil || keys != 2 {
		t.Errorf("%d keys, %v", keys, err)
	}
}

// A list that is not the authority's, or is gone, shuts everybody out: nobody could tell who is revoked.
func TestAListThatCannotBeReadShutsAllOut(t *testing.T) {
	f, other := Folder(t.TempDir()), Folder(t.TempDir())
	for _, f := range []Folder{f, other} {
		if _, err := f.Make([]Name{writer1}, time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	id := identityOf(t, f, writer1)
	foreign, err := os.ReadFile(other.path(revokedFile))
	if err != nil {
		t.Fatal(err)
	}
	for want, list := range map[string][]byte{
		"no authority that is trusted has signed it": append(foreign, '\n'),
		"it has no block": []byte("garbled"),
	} {
		if err := os.WriteFile(f.path(revokedFile), list, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := id.Check(chain(id), x509.ExtKeyUsageClientAuth)
		says(t, err, want)
	}
	if err := os.Remove(f.path(revokedFile)); err != nil {
		t.Fatal(err)
	}
	_, err = id.Check(chain(id), x509.ExtKeyUsageClientAuth)
	says(t, err, "list of revoked certificates")
}
