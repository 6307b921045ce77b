package experiment

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/powbench/powbench/harness/sweep"
)

// No file makes Load panic, every refusal has a place, and what is accepted can be scheduled, priced and read back.
func FuzzDecode(f *testing.F) {
	cases := regexp.MustCompile(`(?ms)^(?:load|json|quick|plan)\n(.*?)^----$`)
	for _, name := range []string{"testdata/errors", "testdata/expand"} {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, c := range cases.FindAllSubmatch(data, -1) {
			f.Add(string(c[1]))
		}
	}
	f.Add("experiment: a\r\nt: [0]\r\n")
	sweep.Fuzz(f, func(t testing.TB, text string) {
		e, err := decode([]byte(text))
		if err != nil {
			if said := locate("x.yaml", []byte(text), err).Error(); !strings.HasPrefix(said, "x.yaml:") {
				t.Errorf("%q has no place", said)
			}
			return
		}
		if _, err := e.Estimate(); err != nil {
			t.Error(err)
		}
		data, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := decode(data); err != nil {
			t.Errorf("the expanded form of %q is refused: %v\n%s", text, err, data)
		}
	})
}
