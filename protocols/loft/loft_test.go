package loft

import (
	"testing"

	"github.com/powbench/powbench/protocols/prototest"
)

func TestConform(t *testing.T) { prototest.Conform(t, Protocol{}) }
