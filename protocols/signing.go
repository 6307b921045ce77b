package protocols

import "github.com/powbench/powbench/protocols/suite"

// Signing is what a protocol implements, besides Protocol, if it may sign by another scheme than the suite's.
type Signing interface {
	// Suite is s with the signatures that the protocol uses.
	Suite(s suite.Suite) suite.Suite
}

// SuiteFor is the suite of the name as the protocol uses it: keys are generated with it, and both ends made from it.
func SuiteFor(p Protocol, name string) (suite.Suite, error) {
	s, err := suite.ByName(name)
	if err != nil {
		return nil, err
	}
	if signing, ok := p.(Signing); ok {
		s = signing.Suite(s)
	}
	return s, nil
}
