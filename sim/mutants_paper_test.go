package sim

// paperMutants are the mistakes in the protocols of the paper, in their variants and in CAS.
var paperMutants = []mutant{
	{
		name: "READs do not write back", file: mpow + "server.go", old: "return candidates.Adopt(v.Canonical(entry, c))",
		new:      "return nil, nil",
		protocol: "mpowerstore", attack: "W2", seeds: 2000,
	},
	{
		name: "READs do not write back", file: mABD + "operations.go", old: "if r.ts.IsZero() ||", new: "if true ||",
		protocol: "mabd", attack: "none", seeds: 2000,
	},
	{
		name: "READs do not write back", file: phx + "operations.go", old: "if r.found.TS.IsZero() ||",
		new: "if true ||", protocol: "phalanx", attack: "none", seeds: 2000,
	},
	{
		name: "a quorum of one less", file: cand + "candidates.go", old: "Quorum() int { return 2*p.T + 1 }",
		new: "Quorum() int { return 2 * p.T }", protocol: "mpowerstore", attack: "B2", seeds: 2000,
	},
	{
		name: "a quorum of one less", file: mABD + "protocol.go", old: "Quorum: t + 1,",
		new: "Quorum: t,", protocol: "mabd", attack: "none", seeds: 2000,
	},
	{
		name: "a quorum of one less", file: phx + "protocol.go", old: "Quorum: 2*t + 1,",
		new: "Quorum: 2 * t,", protocol: "phalanx", attack: "B2", seeds: 2000,
	},
	{
		name: "duplicate replies count", file: "protocols/play/play.go", old: "return x.asked && (!x.answered || d.Streams(number))",
		new:      "return x.asked",
		protocol: "mpowerstore", attack: "N3", seeds: 5000,
	},
	{
		name: "the nonce is revealed early", file: mpow + "writer.go", old: "if round == roundStore && w.Quorum() {",
		new: "if round == roundStore {", protocol: "mpowerstore", attack: "B8", seeds: 5000,
	},
	{
		name: "fragments are not hashed", file: cand + "answers.go",
		old: "a.right = w.Data.Right(a.Entry.Checksum(), server, a.Fragment); !a.right", new: "a.right = true; !a.right",
		protocol: "mpowerstore", attack: "B5", seeds: 2000,
	},
	{
		name: "no candidate is excluded", file: cand + "answers.go", old: "return lower >= w.Quorum()",
		new: "return lower > w.Servers()", protocol: "mpowerstore", attack: "B3", seeds: 2000,
	},
	{
		name: "candidates are chosen by timestamp alone (D1)", file: mpow + "reader.go",
		old: "|| !r.proof.Fits(entry, c.Nonce)", new: "",
		script: "TestCandidatesThatShareATimestamp",
	},
	{
		name: "the timestamp's MAC is not compared (D2)", file: mpow + "proof.go", old: "e.TS.Same(c.TS)",
		new: "true", also: [2]string{"if v.Opens(e, c) {", "if false {"},
		protocol: "mpowerstore", attack: "R3", seeds: 20_000,
	},
	{
		name: "MACs do not bind the key (D3)", file: mpow + "proof.go", old: `[]byte("cand"), []byte(key),`, new: `[]byte("cand"),`,
		protocol: "mpowerstore", attack: "R4", seeds: 5000,
	},
	{
		name: "history is pruned, and readers are not told", file: mpow + "variants/bounded.go",
		old: "ack.Horizon = h.Horizon; ack.TS.Less(lc.TS.Timestamp)", new: "_ = h; false",
		protocol: "mpowerstore+bounded1", attack: "none", seeds: 2000,
	},
	{
		name: "entries above lc are pruned", file: mpow + "variants/bounded.go", old: "if complete <= k {",
		new: "if complete = len(h.Entries); complete <= k {", protocol: "mpowerstore+bounded1", attack: "none", seeds: 5000,
	},
	{
		name: "signatures are not verified", file: phx + "datum.go",
		old: "return v.Verify(signed(key, d.TS, d.Hash), d.Signature)", new: "return true",
		protocol: "phalanx", attack: "B3", seeds: 2000,
	},
	{
		name: "late replies count", file: "protocols/cas/operations.go", old: "case !ok || round != w.Round:", new: "case !ok:",
		script: "TestConform",
	},
	{
		name: "a timestamp is issued twice", file: "protocols/cas/operations.go", old: "w.clock.Issue(w.ts, w.pid)",
		new: "new(protocols.Clock).Issue(w.ts, w.pid)", script: "TestConform",
	},
}
