package history

import (
	"bytes"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/workloads"
)

func TestFileReturnsWhatWasWritten(t *testing.T) {
	huge := w(1, 0, Forever-1)
	huge.Client, huge.Timestamp = math.MaxUint64, protocols.Timestamp{Num: math.MaxUint64, PID: math.MaxUint64}
	huge.Value = workloads.ID{Client: math.MaxUint64, Seq: 1}
	corrupt := r(1, 5, 6)
	corrupt.Value = Corrupt
	odd := w(2, 1, 2)
	odd.Key = "a \"<key>\"\n⊥"
	long := w(3, 1, 2)
	long.Key = protocols.Key(strings.Repeat("\x01", protocols.MaxKeyBytes))
	h := []Entry{huge, corrupt, odd, long, w(2, 0, 0), r(0, 0, 0), r(1, 2, 3), crashed(w(3, 4, 0)), crashed(r(0, 5, 0))}
	forSeeds(t, 50, func(_ *testing.T, rng *rand.Rand) { h = append(h, simulate(rng, 20, 100)...) })

	path := filepath.Join(t.TempDir(), "h.jsonl.gz")
	if err := WriteFile(path, h); err != nil {
		t.Fatal(err)
	}
	got, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, h) {
		for i := range min(len(h), len(got)) {
			if got[i] != h[i] {
				t.Fatalf("entry %d: wrote %+v, read %+v", i, h[i], got[i])
			}
		}
		t.Fatalf("wrote %d entries, read %d", len(h), len(got))
	}
}

// The form of the file is public: this is it.
func TestFileForm(t *testing.T) {
	corrupt := r(1, 9, 10)
	corrupt.Value = Corrupt
	var b bytes.Buffer
	h := []Entry{w(7, 1, 2), r(7, 3, 4), r(0, 5, 6), crashed(w(8, 7, 0)), crashed(r(0, 8, 0)), corrupt}
	if err := writeAll(&b, h); err != nil {
		t.Fatal(err)
	}
	gz, err := gzip.NewReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if _, err := text.ReadFrom(gz); err != nil {
		t.Fatal(err)
	}
	want := `{"format":"powbench-history","version":1,"unit":"ns"}
{"client":1,"seq":7,"key":"k","op":"write","start":1,"end":2,"ts":"7.1","value":"1.7"}
{"client":2,"seq":0,"key":"k","op":"read","start":3,"end":4,"ts":"7.1","value":"1.7"}
{"client":2,"seq":0,"key":"k","op":"read","start":5,"end":6,"ts":"0.0","bottom":true}
{"client":1,"seq":8,"key":"k","op":"write","start":7,"value":"1.8","outcome":"pending"}
{"client":2,"seq":0,"key":"k","op":"read","start":8,"outcome":"pending"}
{"client":2,"seq":0,"key":"k","op":"read","start":9,"end":10,"ts":"1.1","value":"corrupt"}
`
	if text.String() != want {
		t.Errorf("got:\n%swant:\n%s", text.String(), want)
	}
}

func TestReadNamesThePlace(t *testing.T) {
	const (
		head = `{"format":"powbench-history","version":1}` + "\n"
		good = `{"client":1,"seq":7,"key":"k","op":"write","start":1,"end":2,"ts":"7.1","value":"1.7"}` + "\n"
	)
	for _, test := range []struct{ text, want string }{
		{"", ":1: empty: the header is missing"},
		{good, `:1: not a history: the first line must have "format":"powbench-history"`},
		{`{"format":"powbench-history","version":2}`, ":1: history of version 2, this powbench reads version 1"},
		{head + good + "{", ":3: not an operation: unexpected EOF"},
		{head + good + "\n" + good, ":3: not an operation: EOF"},
		{head + `{"clinet":1}`, `:2: not an operation: json: unknown field "clinet"`},
		{head + strings.TrimSpace(good) + "{}", ":2: something follows the operation"},
		{head + strings.Replace(good, `"write"`, `"wirte"`, 1), `:2: op is "wirte"`},
		{head + strings.Replace(good, `"end":2`, `"end":0`, 1), ":2: end is 0 ns, before the start at 1 ns"},
		{head + strings.Replace(good, `"7.1"`, `"7"`, 1), `:2: ts: "7" is not two numbers, want number.process`},
		{head + strings.Replace(good, `"1.7"`, `"x.7"`, 1), `:2: value: "x.7" is not two numbers, want client.seq`},
		{head + strings.Replace(good, `,"value":"1.7"`, ``, 1), ":2: the value is missing"},
		{
			head + strings.Replace(good, `"end":2`, `"end":2,"outcome":"pending"`, 1),
			`:2: outcome is "pending", but end is 2 ns`,
		},
		{head + strings.Replace(good, `"write"`, `"read","bottom":true`, 1), ":2: a read of ⊥ and of value 1.7 at once"},
		{head + strings.Replace(good, `"end":2`, `"end":2,"outcome":"lost"`, 1), `:2: outcome is "lost"`},
		{head + strings.Replace(good, `"value"`, `"bottom":true,"value"`, 1), ":2: a write of ⊥"},
		{head + good + strings.Repeat("x", maxLineBytes+1), ":3: bufio.Scanner: token too long"},
	} {
		path := filepath.Join(t.TempDir(), "h.jsonl.gz")
		if err := os.WriteFile(path, compress(t, test.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(path); err == nil || !strings.HasPrefix(err.Error(), path+test.want) {
			t.Errorf("%.200q:\n got %v\nwant …%s", test.text, err, test.want)
		}
	}
}

func TestReadRefusesOtherFiles(t *testing.T) {
	var b bytes.Buffer
	if err := writeAll(&b, simulate(rand.New(rand.NewPCG(1, 1)), 1000, 100)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "h.jsonl.gz")
	for _, test := range []struct {
		data []byte
		want string
	}{
		{[]byte("plain text, and a line of it\n"), path + ":1: not a history, which is gzip-compressed"},
		{nil, path + ":1: not a history, which is gzip-compressed"},
		{b.Bytes()[:b.Len()/2], "cut off: its writer did not finish"},
		{b.Bytes()[:b.Len()-1], "cut off: its writer did not finish"},
	} {
		if err := os.WriteFile(path, test.data, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(path); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%d bytes: got %v, want %s", len(test.data), err, test.want)
		}
	}
	if _, err := Read(path + ".not"); !os.IsNotExist(err) {
		t.Errorf("no file: %v", err)
	}
}

func TestWriteFileLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	notText := w(1, 1, 2)
	notText.Key = "\xff"
	for _, bad := range []Entry{notText, w(1, 2, 1), {}} {
		if err := WriteFile(filepath.Join(dir, "h.jsonl.gz"), []Entry{w(2, 1, 2), bad}); err == nil {
			t.Errorf("%+v was written", bad)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func compress(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	gz := gzip.NewWriter(&b)
	if _, err := gz.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := gz.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func BenchmarkFile(b *testing.B) {
	h := simulate(rand.New(rand.NewPCG(1, 1)), 100_000, 1e9)
	path := filepath.Join(b.TempDir(), "h.jsonl.gz")
	b.Run("write", func(b *testing.B) {
		for b.Loop() {
			if err := WriteFile(path, h); err != nil {
				b.Fatal(err)
			}
		}
		info, err := os.Stat(path)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(info.Size())/float64(len(h)), "bytes/operation")
	})
	b.Run("read", func(b *testing.B) {
		for b.Loop() {
			if _, err := Read(path); err != nil {
				b.Fatal(err)
			}
		}
	})
}
