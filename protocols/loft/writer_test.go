package loft

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/prototest"
)

// A WRITE believes a committed timestamp that t+1 servers come near to, and passes over one that 2t+1 have committed nothing so high as.
func TestLatest(t *testing.T) {
	found := func(nums ...uint64) (all []*Found) {
		for _, n := range nums {
			ts := protocols.Timestamp{Num: n, PID: 1}
			all = append(all, &Found{Committed: ts, Highest: ts})
		}
		return all
	}
	const far = 5 + leap
	ahead := found(far, 5, 5) // which one more has prepared
	ahead[1].Highest.Num = far
	for name, x := range map[string]struct {
		told  []*Found
		want  uint64
		known bool
	}{
		"all alike":                     {found(5, 5, 5), 5, true},
		"in any order":                  {found(4, 6, 5), 6, true},
		"as far ahead as may be":        {found(5, far, 5), far, true},
		"farther":                       {found(5, far+1, 5), 0, false},
		"farther, and three have not":   {found(5, far+1, 5, 4), 5, true},
		"farther, and two have":         {found(far+1, far+2, 5, 5), far + 2, true},
		"farther than others far ahead": {found(far+1, far+1, 3*far, 5), far + 1, true},
		"one more has prepared it":      {ahead, far, true},
	} {
		w := prototest.New(t, Protocol{}, 1, "modern", 1).Register(1, protocols.Writer).Write("k", nil, protocols.Heap{}).(*write)
		if got, known := w.latest(x.told); got.Num != x.want || known != x.known {
			t.Errorf("%s: %v, %v, want %d, %v", name, got, known, x.want, x.known)
		}
	}
}

// What a WRITE heeds, reply by reply: rounds that are over bring nothing but rows and acknowledgements, and COMMIT comes again once there
// are more rows and as many servers as a quorum have answered the last one.
func TestWhatWRITEsHeed(t *testing.T) {
	h := byHand(t, 1)
	w := h.Register(1, protocols.Writer).Write("k", []byte("v"), protocols.Heap{}).(*write)
	requests := w.Start()
	answer := func(round, server int, body protocols.Body, want string) {
		t.Helper()
		step, got := w.Answer(round, server, protocols.Message{Body: body}), "waits"
		if step.Done {
			got = "done"
		}
		for _, m := range step.Next {
			if m.Body != nil {
				got = strings.TrimPrefix(fmt.Sprintf("%T", m.Body), "*loft.")
			}
		}
		if step.Next != nil {
			requests = step.Next
		}
		if got != want {
			t.Errorf("%T%+v of s%d in round %d: %s, want %s", body, body, server+1, round, got, want)
		}
	}
	found := func(num uint64) *Found { return &Found{Highest: protocols.Timestamp{Num: num, PID: min(num, 1)}} }
	rows := make([][][]byte, 4)
	for i := range rows {
		rows[i] = slices.Repeat([][]byte{slices.Repeat([]byte{byte(i)}, 32)}, 4)
	}
	answer(1, 0, &Prepared{Row: rows[0]}, "waits")
	answer(1, 0, &Latest{}, "waits")
	answer(1, 0, found(5), "waits")
	answer(1, 0, found(3), "waits")
	if w.found[0].Highest.Num != 5 {
		t.Errorf("a server went back to %v", w.found[0].Highest)
	}
	answer(1, 1, found(0), "waits")
	answer(1, 2, found(0), "Prepare")
	answer(1, 3, found(9), "waits")
	answer(2, 0, &Prepared{Row: rows[0][1:]}, "waits")
	answer(1, 0, &Prepared{Row: rows[0]}, "waits")
	if w.proof.rows() > 0 || w.found[3] != nil {
		t.Errorf("took %d rows, and %v after PREPARE began", w.proof.rows(), w.found[3])
	}
	answer(2, 0, &Prepared{Row: rows[0]}, "waits")
	answer(2, 0, &Prepared{Row: rows[3]}, "waits")
	answer(2, 1, &Latest{Time: w.time}, "waits")
	answer(2, 1, &Prepared{Row: rows[1]}, "waits")
	answer(2, 2, &Prepared{Row: rows[2]}, "Commit")
	if !slices.EqualFunc(w.proof[0], rows[0], bytes.Equal) {
		t.Error("a second row took the place of the first")
	}
	answer(3, 1, &Latest{Time: Time{TS: first}}, "waits") // later, but of no version
	answer(3, 3, &Latest{Time: w.time}, "waits")
	answer(3, 0, &Latest{}, "waits")
	answer(2, 3, &Prepared{Row: rows[3]}, "waits") // two have answered COMMIT
	answer(2, 1, &Latest{}, "waits")               // not that round
	answer(3, 1, &Latest{}, "Commit")
	if requests[3].Body != nil || requests[0].Body == nil {
		t.Errorf("COMMIT again to %v, want those that have not committed", requests)
	}
	answer(4, 0, &Latest{}, "waits")
	answer(4, 1, &Latest{}, "waits") // with the rows that it had
	answer(4, 0, &Latest{Time: Time{TS: w.time.TS.Next(1), Verifier: w.time.Verifier}}, "waits")
	answer(3, 2, &Latest{Time: w.time}, "done") // a late one
}
