package result

import (
	"encoding/json"
	"slices"
	"testing"
)

// Numbers of clients, searched for or not, are in JSON as they are in a file.
func TestClientsInJSON(t *testing.T) {
	for text, want := range map[string]Clients{
		`"saturate"`: nil, `[1,2]`: {1, 2}, `[1,"saturate"]`: {1, 0}, `["saturate"]`: {0},
	} {
		var c Clients
		if err := json.Unmarshal([]byte(text), &c); err != nil || !slices.Equal(c, want) || (c == nil) != (want == nil) {
			t.Errorf("%s is %v, %v, want %v", text, c, err, want)
		}
		if data, err := json.Marshal(c); err != nil || string(data) != text {
			t.Errorf("%v is written %s, %v, want %s", c, data, err, text)
		}
		if c.Searched() != (want == nil || slices.Contains(want, 0)) {
			t.Errorf("%s: searched for: %v", text, c.Searched())
		}
	}
}
