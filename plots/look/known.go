package look

// Protocols is the protocols of which figures and tables know the name, as in results, in the order of legends.
func Protocols() []string {
	names := make([]string, len(looks))
	for i, l := range looks {
		names[i] = l.Protocol
	}
	return names
}

// Schemes is the names of the proofs and signatures of Table 1, as in results, in the table's order.
func Schemes() []string {
	names := make([]string, len(AllSchemes))
	for i, s := range AllSchemes {
		names[i] = s.ID
	}
	return names
}
