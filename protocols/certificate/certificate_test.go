package certificate

import (
	"strings"
	"testing"

	"github.com/powbench/powbench/protocols/play"
	"github.com/powbench/powbench/protocols/suite"
)

const servers, quorum = 4, 3

// counted is a suite that counts verifications.
type counted struct {
	suite.Suite
	verified *int
}

type countedVerifier struct {
	suite.Verifier
	verified *int
}

func (c counted) Verifier(public []byte) (suite.Verifier, error) {
	v, err := c.Suite.Verifier(public)
	return countedVerifier{v, c.verified}, err
}

func (v countedVerifier) Verify(message, signature []byte) bool {
	*v.verified++
	return v.Verifier.Verify(message, signature)
}

// court is a judge, the servers' signatures, and how many the judge has verified.
func court(t *testing.T, remembers bool) (j *Judge, sign func(statement string, signers ...byte) Certificate, verified *int) {
	t.Helper()
	verified = new(int)
	s, random := counted{suite.Modern(), verified}, play.Entropy(1, 0)
	var signers []suite.Signer
	var keys [][]byte
	for range servers {
		private, public, err := s.GenerateKey(random)
		if err != nil {
			t.Fatal(err)
		}
		signer, err := s.Signer(private)
		if err != nil {
			t.Fatal(err)
		}
		signers, keys = append(signers, signer), append(keys, public)
	}
	j, err := NewJudge(s, servers, quorum, keys, remembers)
	if err != nil {
		t.Fatal(err)
	}
	return j, func(statement string, by ...byte) (c Certificate) {
		for _, server := range by {
			signature, err := signers[server].Sign(nil, []byte(statement))
			if err != nil {
				t.Fatal(err)
			}
			c.Signers, c.Signatures = append(c.Signers, server), append(c.Signatures, signature...)
		}
		return c
	}, verified
}

// A certificate has a quorum's signatures of the statement, each server's once and in order.
func TestCertificates(t *testing.T) {
	for _, remembers := range []bool{false, true} {
		j, sign, _ := court(t, remembers)
		good := sign("s", 0, 2, 3)
		if !j.Certified([]byte("s"), good) || good.Empty() || !(Certificate{}).Empty() {
			t.Error("a quorum's signatures are no certificate")
		}
		for name, c := range map[string]Certificate{
			"none":                  {},
			"one too few":           sign("s", 0, 2),
			"one too many":          sign("s", 0, 1, 2, 3),
			"one server twice":      sign("s", 0, 2, 2),
			"another order":         sign("s", 2, 0, 3),
			"another statement":     sign("t", 0, 2, 3),
			"no such server":        {Signers: []byte{0, 2, 9}, Signatures: good.Signatures},
			"others' signatures":    {Signers: []byte{0, 1, 3}, Signatures: good.Signatures},
			"half of the signature": {Signers: good.Signers, Signatures: good.Signatures[:len(good.Signatures)/2]},
		} {
			if j.Certified([]byte("s"), c) {
				t.Errorf("%s is a certificate", name)
			}
		}
	}
}

// What was found true is not verified again, if the judge remembers it; a false certificate is verified each time.
func TestMemory(t *testing.T) {
	for remembers, want := range map[bool]int{true: quorum, false: 3 * quorum} {
		j, sign, verified := court(t, remembers)
		for range 3 {
			j.Certified([]byte("s"), sign("s", 0, 1, 2))
		}
		if *verified != want || j.Remembers() != remembers {
			t.Errorf("remembers %v: %d signatures verified, want %d", remembers, *verified, want)
		}
	}
	j, sign, verified := court(t, true)
	for range 2 {
		j.Certified([]byte("s"), sign("t", 0, 1, 2))
	}
	if *verified != 2 {
		t.Errorf("%d signatures of a false certificate verified, want the first, twice", *verified)
	}
	for i := range maxKnown + 1 {
		j.Once(func() bool { return true }, []byte{byte(i >> 8), byte(i)})
	}
	if n := len(j.known.digests); n != 1 {
		t.Errorf("%d digests are known after it was full", n)
	}
}

// Signatures are gathered until they are a quorum's, those of a server once, and make a certificate.
func TestCollection(t *testing.T) {
	j, sign, _ := court(t, true)
	c := j.Collect([]byte("s"))
	one := func(server byte) []byte { return sign("s", server).Signatures }
	for i, step := range []struct {
		server    int
		signature []byte
		enough    bool
	}{
		{3, one(3), false}, {3, one(3), false}, {1, one(0), false}, {0, one(0), false}, {1, one(1), true}, {2, one(2), false},
	} {
		if got := j.Add(&c, step.server, step.signature); got != step.enough {
			t.Errorf("step %d: enough %v, want %v", i, got, step.enough)
		}
		if step.enough && !j.Certified([]byte("s"), j.Complete(c)) {
			t.Error("what was gathered is no certificate")
		}
	}
	if j.Add(&Collection{}, 0, one(0)) {
		t.Error("what was not begun gathers")
	}
}

func TestKeysOfOthers(t *testing.T) {
	s := suite.Modern()
	for want, keys := range map[string][][]byte{"of 7 servers, want 4": make([][]byte, 7), "the public key of server 1": make([][]byte, 4)} {
		if _, err := NewJudge(s, servers, quorum, keys, true); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
