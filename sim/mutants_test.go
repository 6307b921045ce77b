package sim

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/powbench/powbench/protocols/byzantine"
	"github.com/powbench/powbench/protocols/catalog"
)

// A mutant is one mistake in the source. The suite must notice it: by simulated schedules under an attack, or by a
// script, where chance would take too long.
type mutant struct {
	name     string
	file     string    // from the module's root
	old, new string    // old is there exactly once
	also     [2]string // a second edit, old and new: a line of defence that would hide the first
	protocol string
	attack   string // ID, or none
	seeds    uint64 // within which it must be found
	script   string // in place of an attack: the test of the file's package that must fail
}

const (
	cand = "protocols/candidates/"
	mpow = "protocols/mpowerstore/"
	mABD = "protocols/mabd/"
	phx  = "protocols/phalanx/"
	bft  = "protocols/bftbc/"
	gv   = "protocols/gv/"
)

var mutants = []mutant{
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
		name: "fingerprints are not checked", file: "protocols/loft/server.go",
		old: "m.Checksum.Consistent(s.suite, s.t, s.index, request.Payload)",
		new: "m.Checksum.CC.Matches(s.suite, s.index, request.Payload)", script: "TestPoisonousWritesAreRefused",
	},
	{
		name: "a MAC less commits", file: "protocols/loft/server.go",
		old: "s.valid(key, m.Time, m.MACs) < 2*s.t+1",
		new: "s.valid(key, m.Time, m.MACs) < 2*s.t", script: "TestCommitNeeds",
	},
	{
		name: "a MAC less lets a reader prepare", file: "protocols/loft/server.go",
		old: "s.valid(key, t, m.MACs) < s.t+1",
		new: "s.valid(key, t, m.MACs) < s.t", script: "TestReadersPrepareWhatWritersWrote",
	},
	{
		name: "an old COMMIT commits", file: "protocols/loft/server.go",
		old: "m.Time.Compare(now.Committed) <= 0 || ",
		new: "", script: "TestStaleCommit",
	},
	{
		name: "two values under one timestamp are one version", file: "protocols/loft/messages.go",
		old: "bytes.Compare(a.Verifier, b.Verifier))",
		new: "0*bytes.Compare(a.Verifier, b.Verifier))", script: "TestTwoValuesUnderOneTimestamp",
	},
	{
		name: "MACs do not bind who made them", file: "protocols/loft/proof.go",
		old: "number(uint64(maker))",
		new: "number(0 * uint64(maker))", script: "TestMACsAreNotReflected",
	},
	{
		name: "READs return what half of the servers committed", file: "protocols/loft/reader.go",
		old: "r.count(v.time) >= r.is.Quorum }",
		new: "r.count(v.time) >= r.t }", script: "TestHalfCommitted",
	},
	{
		name: "a timestamp far ahead is believed", file: "protocols/loft/writer.go",
		old: "ts.Num-min(ts.Num, supported.Num) <= leap",
		new: "ts.Num-min(ts.Num, supported.Num) <= leap<<30", script: "TestTimestampsFarAhead",
	},
	{
		name: "late replies count", file: "protocols/cas/operations.go", old: "case !ok || round != w.Round:", new: "case !ok:",
		script: "TestConform",
	},
	{
		name: "a timestamp is issued twice", file: "protocols/cas/operations.go", old: "w.clock.Issue(w.ts, w.pid)",
		new: "new(protocols.Clock).Issue(w.ts, w.pid)", script: "TestConform",
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
		name: "2t signatures are a certificate", file: bft + "certificates.go",
		old: "if len(c.Signers) != j.is.Quorum || len(c.Signatures) != j.is.Quorum*size {",
		new: "if len(c.Signers) < j.is.Quorum-1 || len(c.Signatures) != len(c.Signers)*size {", script: "TestServerRefuses",
	},
	{
		name: "a server's signature counts twice", file: bft + "certificates.go", old: "twice := i > 0 &&", new: "twice := false &&",
		script: "TestServerRefuses",
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
}

// allMutants says that the mutants of all protocols are made. Each takes a build, too many for every test run.
var allMutants = flag.Bool("mutants", false, "make the mutants of Table 3's rows too")

// rows are the folders of the rows of Table 3 that the paper does not measure.
var rows = []string{gv, "protocols/bftbc/", "protocols/loft/"}

// TestMutants makes each mistake in a copy of its file, builds the package's tests with it, and wants to see them fail.
func TestMutants(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the tests anew for each mutant")
	}
	for _, m := range mutants {
		t.Run(m.label(), func(t *testing.T) {
			if !*allMutants && slices.ContainsFunc(rows, func(row string) bool { return strings.HasPrefix(m.file, row) }) {
				t.Skip("a row of Table 3: make mutants has its turn")
			}
			t.Parallel()
			out, killed := m.play(t)
			if !killed {
				t.Fatalf("it lives: %s", out)
			}
			if seed := found.FindString(out); seed != "" {
				t.Log(seed)
			}
		})
	}
}

func (m mutant) label() string { return filepath.Base(filepath.Dir(m.file)) + ": " + m.name }

// play builds and runs the tests that should notice the mutant. It returns what they print and whether they failed.
func (m mutant) play(t *testing.T) (string, bool) {
	t.Helper()
	dir := t.TempDir()
	binary, pkg, args := filepath.Join(dir, "mutant.test"), ".", []string{
		"-test.run", "^TestUnderMutation$", "-mutant.protocol", m.protocol, "-mutant.attack", m.attack,
		"-mutant.seeds", fmt.Sprint(m.seeds),
	}
	if m.script != "" {
		pkg, args = "../"+filepath.Dir(m.file), []string{"-test.run", "^" + m.script + "$"}
	}
	build := exec.Command("go", "test", "-c", "-overlay", m.overlay(t, dir), "-o", binary, pkg)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	out, err := exec.Command(binary, args...).CombinedOutput()
	if err != nil && !strings.Contains(string(out), "--- FAIL") {
		t.Fatalf("%v: %s", err, out)
	}
	return string(out), err != nil
}

// overlay writes the mistaken source and says, for the go command, what it stands in for.
func (m mutant) overlay(t *testing.T, dir string) string {
	t.Helper()
	file := filepath.Join("..", m.file)
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text := string(source)
	for _, edit := range [][2]string{{m.old, m.new}, m.also} {
		if edit[0] == "" {
			continue
		}
		if n := strings.Count(text, edit[0]); n != 1 {
			t.Fatalf("%s has %q %d times, want once: adapt the mutant", m.file, edit[0], n)
		}
		text = strings.Replace(text, edit[0], edit[1], 1)
	}
	return overlayOf(t, dir, file, []byte(text))
}

var (
	mutantProtocol = flag.String("mutant.protocol", "", "protocol of TestUnderMutation")
	mutantAttack   = flag.String("mutant.attack", "none", "attack of TestUnderMutation")
	mutantSeeds    = flag.Uint64("mutant.seeds", 0, "schedules of TestUnderMutation")
	found          = regexp.MustCompile(`found .* with seed \d+`)
)

// TestUnderMutation plays what TestMutants asks for, until a schedule shows what it should not.
func TestUnderMutation(t *testing.T) {
	if *mutantProtocol == "" {
		t.Skip("played by TestMutants")
	}
	p, err := catalog.ByName(*mutantProtocol)
	if err != nil {
		t.Fatal(err)
	}
	a := byzantine.Attack{ID: "none"}
	if *mutantAttack != a.ID {
		a = mustAttack(t, *mutantAttack)
	}
	enough := func(tally *Tally) bool { return len(tally.Harms) > 0 }
	tally, err := Explore(t.Context(), Scenario{Protocol: p, Attack: a}, 1, *mutantSeeds, runtime.GOMAXPROCS(0), enough)
	if err != nil {
		t.Fatal(err)
	}
	for harm, seed := range tally.First {
		t.Errorf("found %s with seed %d", harm, seed)
	}
}
