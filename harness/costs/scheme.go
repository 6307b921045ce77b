// Package costs measures what it takes to make and to check one proof of writing, beside what digital signatures take
// (the paper, §3 and Table 1): time, memory, and modular multiplications as they are counted while they are done.
//
// It imports the model, pow and suite. The file of an experiment and the study of costs import it.
package costs

import (
	"fmt"
	"slices"
	"strings"

	"github.com/powbench/powbench/protocols/pow"
	"github.com/powbench/powbench/protocols/suite"
)

// A Scheme is one way to let servers tell that a writer has completed a write.
type Scheme struct {
	Name string // in files and results
	// Bits is the security level by NIST SP 800-57, Part 1, Tables 2 and 3: for hashes, that of collisions. A
	// polynomial proof cannot be forged by work, only by luck: for t ≤ 10, 2¹¹⁹ tries have a chance of 2⁻¹²⁸.
	Bits  int
	Grows bool // whether its costs may depend on t
	// prepare makes keys and everything else that is not part of the costs.
	prepare func(t int) (*Task, error)
}

// A Task is a scheme for one t, ready to be measured.
type Task struct {
	// Construct is the writer's part, for all servers. Verify checks what it made last.
	Construct Operation
	// Verify is one server's part. It is an error if the check fails.
	Verify Operation
	// Multiplications tells how many modular multiplications one Construct and one Verify do, counted as they are
	// done; nil for a scheme where they are not counted.
	Multiplications func() (construct, verify int64, err error)
}

// Prepare makes the scheme ready for t, which a scheme that does not grow ignores. The proof that Verify checks is
// there.
func (s Scheme) Prepare(t int) (*Task, error) {
	task, err := s.prepare(t)
	if err == nil {
		err = task.Construct()
	}
	if err != nil {
		return nil, fmt.Errorf("%s for t = %d: %w", s.Name, t, err)
	}
	return task, nil
}

// Servers is S, to all of which a writer proves.
func Servers(t int) int { return 3*t + 1 }

// Names are the names of all schemes, in the order of the table.
func Names() []string {
	var names []string
	for _, s := range All() {
		names = append(names, s.Name)
	}
	return names
}

// ByName is the scheme of that name.
func ByName(name string) (Scheme, error) {
	all := All()
	if i := slices.IndexFunc(all, func(s Scheme) bool { return s.Name == name }); i >= 0 {
		return all[i], nil
	}
	return Scheme{}, fmt.Errorf("unknown scheme %q: there are %s", name, strings.Join(Names(), ", "))
}

// All is every scheme, by security level.
func All() []Scheme {
	return slices.Concat(paperEra(), today())
}

// paperEra are the schemes that were common when the paper was written.
func paperEra() []Scheme {
	return []Scheme{
		hashed("hash-sha1", 80, suite.Paper()),
		vectored("hash-macs-sha1", 80, suite.Paper()),
		rsaSignature("rsa-1024", 80, 1024),
		ofSuite("dsa-1024", 80, suite.Paper()),
	}
}

// today are the schemes that are recommended now, and RSA-2048, which is still in use.
func today() []Scheme {
	return []Scheme{
		rsaSignature("rsa-2048", 112, 2048),
		hashed("hash-sha256", 128, suite.Modern()),
		vectored("hash-macs-sha256", 128, suite.Modern()),
		polynomial("polynomial-naive", 128, pow.Naive),
		polynomial("polynomial-horner", 128, pow.Horner),
		sealed("polynomial-sealed", 128, pow.Horner),
		rsaSignature("rsa-3072", 128, 3072),
		p256Signature("ecdsa-p256", 128),
		ofSuite("ed25519", 128, suite.Modern()),
	}
}
