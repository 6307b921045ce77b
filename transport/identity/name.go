// Package identity says who the ends of a connection are, by X.509 certificates: a server of some number, a writer, or a
// reader. It makes a test authority with its certificates, revokes them, and checks those of others.
//
// The name is in the certificate's only URI (subjectAltName), in the form of SPIFFE's X.509-SVID: spiffe://powbench/server/3.
// So certificates may also come from an authority of one's own that can issue such names, such as SPIRE.
//
// It imports nothing of ours. Transport, harness and its packages import it.
package identity

import (
	"crypto/x509"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// A Role says what its holder's connections may send.
type Role string

// The roles. Servers send messages to other servers, where their protocol has such.
const (
	Server Role = "server"
	Writer Role = "writer"
	Reader Role = "reader"
)

// A Name is a role, and a number among those that have it, from 1. A server's is its index, plus 1.
type Name struct {
	Role   Role
	Number int
}

// String is the name in messages, such as "server 3".
func (n Name) String() string { return fmt.Sprintf("%s %d", n.Role, n.Number) }

// File is the name in files and on command lines, such as "server-3".
func (n Name) File() string { return fmt.Sprintf("%s-%d", n.Role, n.Number) }

// ParseName reads what File returns.
func ParseName(text string) (Name, error) {
	role, number, _ := strings.Cut(text, "-")
	return parse(role, number, text)
}

// The parts of a SPIFFE ID (github.com/spiffe/spiffe/blob/main/standards/SPIFFE-ID.md).
const (
	scheme      = "spiffe"
	trustDomain = "powbench"
)

func (n Name) uri() *url.URL {
	return &url.URL{Scheme: scheme, Host: trustDomain, Path: fmt.Sprintf("/%s/%d", n.Role, n.Number)}
}

// nameIn is the name in a certificate.
func nameIn(c *x509.Certificate) (Name, error) {
	if len(c.URIs) != 1 {
		return Name{}, fmt.Errorf("its certificate has %d URIs, want one such as %s", len(c.URIs), Name{Server, 1}.uri())
	}
	uri := c.URIs[0]
	role, number, _ := strings.Cut(strings.TrimPrefix(uri.Path, "/"), "/")
	n, err := parse(role, number, uri.String())
	if err == nil && n.uri().String() != uri.String() { // another scheme or domain, or more than a path
		err = fmt.Errorf("%.64q is no name of ours, such as %s", uri, Name{Server, 1}.uri())
	}
	return n, err
}

// parse makes a name of its parts; text is what they are from.
func parse(role, number, text string) (Name, error) {
	n := Name{Role: Role(role)}
	var err error
	if n.Number, err = strconv.Atoi(number); err == nil && n.Number > 0 && slices.Contains([]Role{Server, Writer, Reader}, n.Role) {
		return n, nil
	}
	return Name{}, fmt.Errorf("%.64q names nobody: a name is a role and a number from 1, such as %s, %s or %s",
		text, Name{Server, 1}.File(), Name{Writer, 1}.File(), Name{Reader, 1}.File())
}
