package jepsen

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/harness/sweep"
)

// No file makes the readers of others' forms end the process, whatever is in it.
func FuzzForms(f *testing.F) {
	for _, text := range []string{
		"{:type :invoke, :process 0, :f :write, :value 1}\n{:type :ok, :process 0, :f :write, :value 1}\n",
		`{"type":"invoke","process":0,"f":"read","value":null,"index":0}`,
		"INFO  jepsen.util - 0\t:invoke\t:read\tnil\n", strings.Repeat("(", 300), "#{1 2 #{3}}", "\xef\xbb\xbf{}",
		"#jepsen.history.Op{:process 0 :type :invoke :f :write :value #a #b [1 #_ 2 {:x (3)}]}\n", strings.Repeat("#a ", 300),
		strings.Repeat("{:a [", 99) + strings.Repeat("]}", 99), "#_ #_ 1 2 {:type :ok}", "\"\\u00e4\\\" ; no end", "\\newline \\( #\"(\" ^{:a 1} {}",
		"[{:type :invoke, :process 0, :f :read, :value nil} {:type :info, :process 0, :f :read, :value nil, :error [:timeout \"a\"]}]",
	} {
		f.Add([]byte(text))
	}
	file := f.TempDir() + "/history"
	sweep.Fuzz(f, func(t testing.TB, content []byte) {
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
		h, err := Load(file, Options{})
		if err != nil {
			if strings.ContainsAny(err.Error(), "\x00\x1b\r") {
				t.Errorf("%q has control characters", err)
			}
			return
		}
		if len(h.Entries) <= 100 {
			_ = history.CheckValues(h.Entries, 100*time.Millisecond)
		}
	})
}
