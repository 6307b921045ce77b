package protocols

import "strings"

// Paper is the variant of a protocol that is as its paper says.
const Paper = "paper"

// SplitName is what a system's full name, such as "mpowerstore+polynomial", is made of: the protocol, and which variant
// of it, Paper if the name has none.
func SplitName(name string) (protocol, variant string) {
	protocol, variant, found := strings.Cut(name, "+")
	if !found {
		return protocol, Paper
	}
	return protocol, variant
}

// FullName is the system's name that SplitName splits.
func FullName(protocol, variant string) string {
	if variant == Paper {
		return protocol
	}
	return protocol + "+" + variant
}
