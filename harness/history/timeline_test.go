package history

import (
	"testing"
	"time"
)

func TestTimeline(t *testing.T) {
	const ms = int64(time.Millisecond)
	h := history(w(1, 100*ms, 101*ms), w(2, 103*ms, 90_000*ms), r(2, 104*ms, 105*ms), r(1, 106*ms, 107*ms))
	h = append(h, crashed(w(9, 105*ms, 0)))
	got := Timeline(h)
	want := `Order of starts and ends, not to scale; times are after 100000000 ns.
client 1 #1  write 1.1   |-----|                                            0s to 1ms, timestamp 1.1
client 1 #2  write 1.2               |-----------------------------|        3ms to 1m29.9s, timestamp 2.1
client 2 #3  read → 1.2                    |-----|                          4ms to 5ms, timestamp 2.1
client 2 #4  read → 1.1                                |-----|              6ms to 7ms, timestamp 1.1
client 1 #9  write 1.9                           |----------------------->  from 5ms, pending
`
	if got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	if got := Timeline(nil); got != "" {
		t.Errorf("no operations: %q", got)
	}
}

func TestTimelineOfAnInstant(t *testing.T) {
	want := "Order of starts and ends, not to scale; times are after 5 ns.\n" +
		"client 2 #1  read → ⊥  |  0s to 0s\n"
	if got := Timeline(history(r(0, 5, 5))); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}
