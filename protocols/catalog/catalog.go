// Package catalog is the one list of the protocols that PoWBench runs. To add a protocol, add it to the list.
package catalog

import (
	"fmt"
	"strings"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/mabd"
	"github.com/powbench/powbench/protocols/mpowerstore"
	"github.com/powbench/powbench/protocols/phalanx"
	"github.com/powbench/powbench/protocols/powerstore"
)

// All lists the protocols in the order in which tables and legends name them.
func All() []protocols.Protocol {
	return []protocols.Protocol{
		powerstore.Protocol{},
		mpowerstore.Protocol{},
		mabd.Protocol{},
		phalanx.Protocol{},
	}
}

// Names are the protocols' names, in the same order.
func Names() []string {
	var names []string
	for _, p := range All() {
		names = append(names, p.Name())
	}
	return names
}

// ByName finds a protocol; the error for an unknown name lists those there are.
func ByName(name string) (protocols.Protocol, error) {
	for _, p := range All() {
		if p.Name() == name {
			return p, nil
		}
	}
	return nil, fmt.Errorf("unknown protocol %q: choose one of %s", name, strings.Join(Names(), ", "))
}
