package result

// A System is a protocol, or a variant of one, as figures and tables name it and put it in order.
type System struct {
	Protocol string `json:"protocol"` // as in points and trials
	Variant  string `json:"variant"`  // Paper unless it is an ablation
	Title    string `json:"title"`    // the protocol's name as its paper writes it
	Order    int    `json:"order"`    // the protocol's place in legends and tables, from 1
}

// earlier are the protocols of the manifests that have no Systems, in their order.
var earlier = []System{
	{Protocol: "mpowerstore", Title: "M-PoWerStore"},
	{Protocol: "mabd", Title: "M-ABD"},
	{Protocol: "phalanx", Title: "Phalanx"},
	{Protocol: "powerstore", Title: "PoWerStore"},
	{Protocol: "cas", Title: "CAS"},
	{Protocol: "null", Title: "null protocol"},
}

// fillSystems adds the systems of points and trials that the manifest lacks, as manifests of earlier versions do.
func (s *Set) fillSystems() {
	if s.Manifest.Systems == nil {
		s.Manifest.Systems = map[string]System{}
	}
	for _, p := range s.Points {
		s.fillSystem(p.FullName())
	}
	for _, t := range s.Trials {
		s.fillSystem(t.Protocol)
	}
}

// fillSystem adds one system. One that is not known has its own name for a title and comes behind the others.
func (s *Set) fillSystem(name string) {
	if _, had := s.Manifest.Systems[name]; had {
		return
	}
	protocol, variant := SplitName(name)
	system := System{Protocol: protocol, Variant: variant, Title: protocol, Order: len(earlier) + 1}
	for i, e := range earlier {
		if e.Protocol == protocol {
			system.Title, system.Order = e.Title, i+1
		}
	}
	s.Manifest.Systems[name] = system
}
