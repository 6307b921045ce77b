package protocols

import (
	"testing"
)

func TestNames(t *testing.T) {
	for _, test := range []struct{ name, protocol, variant string }{
		{"mabd", "mabd", Paper},
		{"mpowerstore+polynomial", "mpowerstore", "polynomial"},
	} {
		protocol, variant := SplitName(test.name)
		if protocol != test.protocol || variant != test.variant {
			t.Errorf("SplitName(%q) = %q, %q, want %q, %q", test.name, protocol, variant, test.protocol, test.variant)
		}
		if name := FullName(protocol, variant); name != test.name {
			t.Errorf("FullName(%q, %q) = %q, want %q", protocol, variant, name, test.name)
		}
	}
}
