package meant

import "testing"

func TestWord(t *testing.T) {
	words := []string{"run", "report", "plot", "mpowerstore", "--quick"}
	for wrong, want := range map[string]string{
		"rnu": "run", "pot": "plot", "mpowerstor": "mpowerstore", "--qiuck": "--quick", "reprot": "report", "run": "run", "xyz": "", "": "",
		"fly": "", "r": "",
	} {
		if got := Word(wrong, words); got != want {
			t.Errorf("%q: %q, want %q", wrong, got, want)
		}
	}
}
