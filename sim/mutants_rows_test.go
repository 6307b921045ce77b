package sim

// rowMutants are the mistakes in the rows of Table 3 that the paper does not measure, and in PASIS.
var rowMutants = []mutant{
	{
		name: "fingerprints are not checked", file: inLoft + "server.go",
		old: "m.Checksum.Consistent(s.suite, s.t, s.index, request.Payload)",
		new: "m.Checksum.CC.Matches(s.suite, s.index, request.Payload)", script: "TestPoisonousWritesAreRefused",
	},
	{
		name: "a MAC less commits", file: inLoft + "server.go",
		old: "s.valid(key, m.Time, m.MACs) < 2*s.t+1",
		new: "s.valid(key, m.Time, m.MACs) < 2*s.t", script: "TestCommitNeeds",
	},
	{
		name: "a MAC less lets a reader prepare", file: inLoft + "server.go",
		old: "s.valid(key, t, m.MACs) < s.t+1",
		new: "s.valid(key, t, m.MACs) < s.t", script: "TestReadersPrepareWhatWritersWrote",
	},
	{
		name: "an old COMMIT commits", file: inLoft + "server.go",
		old: "m.Time.Compare(now.Committed) <= 0 || ",
		new: "", script: "TestStaleCommit",
	},
	{
		name: "two values under one timestamp are one version", file: "protocols/versions/versions.go",
		old: "bytes.Compare(a.Verifier, b.Verifier))",
		new: "0*bytes.Compare(a.Verifier, b.Verifier))", script: "TestTimes",
	},
	{
		name: "MACs do not bind who made them", file: inLoft + "proof.go",
		old: "number(uint64(maker))",
		new: "number(0 * uint64(maker))", script: "TestMACsAreNotReflected",
	},
	{
		name: "READs return what half of the servers committed", file: inLoft + "reader.go",
		old: "r.count(v.time) >= r.is.Quorum }",
		new: "r.count(v.time) >= r.t }", script: "TestHalfCommitted",
	},
	{
		name: "a timestamp far ahead is believed", file: inLoft + "writer.go",
		old: "ts.Num-min(ts.Num, supported.Num) <= leap",
		new: "ts.Num-min(ts.Num, supported.Num) <= leap<<30", script: "TestTimestampsFarAhead",
	},
	{
		name: "READs do not write back", file: bft + "reader.go", old: "len(r.holders); r.missing == 0 {",
		new: "len(r.holders); true {", protocol: "bftbc", attack: "none", seeds: 2000,
	},
	{
		name: "a quorum of one less", file: bft + "protocol.go", old: "Quorum: 2*t + 1,", new: "Quorum: 2 * t,",
		protocol: "bftbc", attack: "B2", seeds: 2000,
	},
	{
		name: "readers do not verify certificates", file: bft + "reader.go", old: "&& r.prepared(", new: "|| r.prepared(",
		protocol: "bftbc", attack: "B3", seeds: 2000,
	},
	{
		name: "signatures do not bind the key", file: bft + "certificates.go", old: "m = append(m, key...)", new: "",
		protocol: "bftbc", attack: "R4", seeds: 2000,
	},
	{
		name: "a WRITE that was shown to have ended stays a plan", file: bft + "server.go", old: "p.complete(m.Last.TS)", new: "",
		protocol: "bftbc", attack: "none", seeds: 2000,
	},
	{
		name: "2t signatures are a certificate", file: "protocols/certificate/certificate.go",
		old: "if len(c.Signers) != j.quorum || len(c.Signatures) != j.quorum*size {",
		new: "if len(c.Signers) < j.quorum-1 || len(c.Signatures) != len(c.Signers)*size {", script: "TestCertificates",
	},
	{
		name: "a server's signature counts twice", file: "protocols/certificate/certificate.go", old: "twice := i > 0 &&", new: "twice := false &&",
		script: "TestCertificates",
	},
	{
		name: "timestamps may be skipped", file: bft + "messages.go", old: "ts.Equal(highest.Next(ts.PID))", new: "highest.Less(ts)",
		script: "TestServerRefuses",
	},
	{
		name: "values need no certificate", file: bft + "server.go", old: "if !s.prepared(key, is) {", new: "if false {",
		script: "TestServerRefuses",
	},
	{
		name: "plans need no signature", file: bft + "certificates.go", old: "return err == nil && client.Verify(",
		new: "return err == nil || client.Verify(", script: "TestServerRefuses",
	},
	{
		name: "clients need no credential", file: bft + "certificates.go", old: "credible := func() bool { return suite.Credible(",
		new: "credible := func() bool { return true || suite.Credible(", script: "TestServerRefuses",
	},
	{
		name: "a client has several plans", file: bft + "server.go", old: "case !p.Open[at].TS.Equal(m.TS) ||", new: "case false &&",
		script: "TestOneLurkingWrite",
	},
	{
		name: "a plan's value may change", file: bft + "server.go", old: "|| !slices.Equal(p.Open[at].Hash, m.Hash):", new: ":",
		script: "TestTwoValuesUnderOneTimestamp",
	},
	{
		name: "what is written is prepared again", file: bft + "server.go", old: "case m.TS.Equal(p.Written):", new: "case false:",
		script: "TestNothingToPrepareOnceWritten",
	},
	{
		name: "a WRITE that was given up is not ended", file: bft + "writer.go", old: "case w.mine.open != nil:", new: "case false:",
		script: "TestGivenUpWritesAreEnded",
	},
	{
		name: "READs do not write back", file: gv + "reader.go", old: "return r.back.begin()", new: "return protocols.Done()",
		protocol: "gv", attack: "none", seeds: 5000,
	},
	{
		name: "t servers confirm", file: gv + "candidates.go", old: "same > e.t {", new: "same >= e.t {",
		protocol: "gv", attack: "B0", seeds: 2000,
	},
	{
		name: "2t servers deny", file: gv + "candidates.go", old: "e.deniers(num, c, v) < e.is.Quorum",
		new: "e.deniers(num, c, v) < e.is.Quorum-1", script: "TestTwoDenialsAreTooFew",
	},
	{
		name: "no number is the least", file: gv + "candidates.go", old: "tops[len(tops)-1-e.t]", new: "tops[len(tops)-1]",
		protocol: "gv", attack: "B3", seeds: 2000,
	},
	{
		name: "candidates have no T, and nothing conflicts: the naive rule", file: gv + "candidates.go",
		old: "(!found || !slices.Equal(s.Marks, c.marks))", new: "(!found || s.To == 0)",
		also:   [2]string{"return accuses(e.look[i], uint64(k)) || accuses(e.look[k], uint64(i))", "return false"},
		script: "TestTheNaiveRuleHangs",
	},
	{
		name: "the last reply alone denies", file: gv + "candidates.go",
		old:    "deny[server] = slices.ContainsFunc(views, func(v *View) bool { return v.denies(num, c) })",
		new:    "deny[server] = len(views) > 0 && views[len(views)-1].denies(num, c)",
		script: "TestEarlierRepliesDeny",
	},
	{
		name: "servers that accuse each other are believed", file: gv + "candidates.go",
		old: "return accuses(e.look[i], uint64(k)) || accuses(e.look[k], uint64(i))", new: "return false",
		script: "TestConflictsAreNotBelieved",
	},
	{
		name: "what comes before its value counts as written", file: gv + "server.go", old: "Early: !has", new: "Early: false",
		script: "TestWriteBeforePreWrite",
	},
	{
		name: "2t ECHOs are enough", file: inAVID + "dispersal.go", old: "Count(d.votes.Echoes) >= 2*d.t+1 ||",
		new: "Count(d.votes.Echoes) >= 2*d.t ||", script: "TestThresholds",
	},
	{
		name: "t READYs bring another", file: inAVID + "dispersal.go", old: "Count(d.votes.Readies) >= d.t+1)",
		new: "Count(d.votes.Readies) >= d.t)", script: "TestThresholds",
	},
	{
		name: "2t READYs end a dispersal", file: inAVID + "dispersal.go", old: "Count(d.votes.Readies) >= 2*d.t+1 {",
		new: "Count(d.votes.Readies) >= 2*d.t {", script: "TestThresholds",
	},
	{
		name: "a server's votes count again", file: inAVID + "dispersal.go",
		old:    "if counts && !(*votes)[server] {\n\t\t\t(*votes)[server], news = true, true",
		new:    "if at := slices.Index(*votes, false); counts && at >= 0 {\n\t\t\t(*votes)[at], news = true, true",
		script: "TestVotesTwice",
	},
	{
		name: "what fragments are of is not compared", file: inAVID + "dispersal.go",
		old: "if d.votes.Right = check.Equal(d.check); d.votes.Right {", new: "if d.votes.Right = check.Equal(d.check) || true; d.votes.Right {",
		protocol: "avid", attack: "Z1", seeds: 2000,
	},
	{
		name: "fingerprints are not checked", file: inAVID + "messages.go",
		old: "return c.Consistent(p.suite, p.t, server, fragment)",
		new: "return len(fragment) == p.data.Length(c.CC) && p.data.Right(c.CC, server, fragment)", script: "TestPoisonous",
	},
	{
		name: "votes bring any fragment", file: inAVID + "server.go", old: "return s.right(m.Check, in.Server, in.Payload)",
		new: "return true", script: "TestVotesAreRefused",
	},
	{
		name: "readers may write", file: inAVID + "server.go", old: "if in.Role == protocols.Writer && versions.Issuable(m.TS)",
		new: "if versions.Issuable(m.TS)", script: "TestRefusals",
	},
	{
		name: "t servers vouch for a timestamp", file: inAVID + "writer.go", old: "return n > w.t", new: "return n >= w.t",
		protocol: "avid", attack: "B4", seeds: 2000,
	},
	{
		name: "a WRITE takes 2t timestamps", file: inAVID + "writer.go", old: "case vouched >= w.is.Quorum:",
		new: "case vouched >= w.is.Quorum-1:", script: "TestWritesWaitForAQuorum",
	},
	{
		name: "READs return what 2t servers sent", file: inAVID + "reader.go", old: "Count(s.from) < r.is.Quorum ||",
		new: "Count(s.from) < r.is.Quorum-1 ||", script: "TestReadsWaitForAQuorum",
	},
	{
		name: "an older version replaces a newer one", file: inAVID + "dispersal.go",
		old: "if d.time.Compare(d.register.Time) > 0 {", new: "if true {", protocol: "avid", attack: "none", seeds: 2000,
	},
	{
		name: "listeners hear nothing", file: inAVID + "dispersal.go", old: "if l.Over.Compare(d.time) >= 0 {", new: "if true {",
		protocol: "avid", attack: "none", seeds: 2000,
	},
	{
		name: "what servers invent is kept for ever", file: inAVID + "kept/kept.go", old: "if n <= protocols.MaxUnfounded {", new: "if true {",
		script: "TestUnfounded",
	},
	{
		name: "a quorum of one less", file: inPASIS + "protocol.go", old: "Quorum: 3*t + 1,", new: "Quorum: 3 * t,",
		protocol: "pasis", attack: "B2", seeds: 2000,
	},
	{
		name: "READs do not repair", file: inPASIS + "reader.go", old: "case len(have) >= r.is.Quorum:", new: "case true:",
		protocol: "pasis", attack: "W1", seeds: 2000,
	},
	{
		name: "t+1 replies are incomplete", file: inPASIS + "reader.go", old: "if len(have) <= r.t {", new: "if len(have) <= r.t+1 {",
		protocol: "pasis", attack: "B2", seeds: 5000,
	},
	{
		name: "what fragments are of is not compared", file: inPASIS + "reader.go",
		old: "err != nil || !check.Equal(cc) {", new: "err != nil || check.Equal(cc) && false {", script: "TestPoisonousWrites",
	},
	{
		name: "the highest time is believed", file: inPASIS + "writer.go", old: "w.told[w.t]", new: "w.told[0]",
		protocol: "pasis", attack: "B4", seeds: 2000,
	},
	{
		name: "fragments are not hashed", file: inPASIS + "messages.go", old: " && p.data.Right(cc, server, fragment)", new: "",
		script: "TestServerRefuses",
	},
	{
		name: "values need no certificate, and READs meet them", file: bft + "server.go", old: "if !s.prepared(key, is) {",
		new: "if false {", protocol: "bftbc", attack: "Z6", seeds: 2000,
	},
	{
		name: "a client has several plans, and publishes them all", file: bft + "server.go",
		old: "case !p.Open[at].TS.Equal(m.TS) ||", new: "case false &&", protocol: "bftbc", attack: "Z4", seeds: 2000,
	},
}
