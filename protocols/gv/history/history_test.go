package history

import (
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// model is a history without spans: for each owner the numbers that are written, with their marks.
type model map[uint64]map[uint64][]Mark

// A place is that of a number in an owner's register.
type place struct{ owner, num uint64 }

// tell is what History.Tell says, one number a span.
func (m model) tell(reader, number, least uint64) map[place][]Mark {
	told := map[place][]Mark{}
	for owner, nums := range m {
		for num, marks := range nums {
			if num >= least {
				told[place{owner, num}] = slices.DeleteFunc(slices.Clone(marks), func(m Mark) bool {
					return m.Reader != reader || m.Number <= number
				})
			}
		}
	}
	return told
}

// A history tells what was written within its window, with the marks that were kept apart; and it knows which of those it still needs.
func TestMarksStayAsLongAsTheirNumbers(t *testing.T) {
	const window, readers, owners = 6, 3, 6
	rapid.Check(t, func(t *rapid.T) {
		var h History
		written, kept := model{}, map[uint64]Ts{}
		for last := uint64(1); last < 40; last++ {
			for _, num := range h.Learn(rapid.Uint64Range(0, last-1).Draw(t, "complete"), window) {
				delete(kept, num)
			}
			owner := rapid.Uint64Range(Writer, owners).Draw(t, "owner")
			num := rapid.Uint64Range(h.Horizon+1, max(last, h.Horizon+1)).Draw(t, "num")
			if r := h.Of(owner, readers); r != nil {
				marks := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Mark {
					return Mark{Server: rapid.Uint64Range(0, 3).Draw(t, "server"), Reader: rapid.Uint64Range(1, 2).Draw(t, "reader"), Number: 1 + num}
				}), 0, 3).Draw(t, "marks")
				if r.Write(num, len(marks) > 0) {
					if written[owner] == nil {
						written[owner] = map[uint64][]Mark{}
					}
					if written[owner][num] = marks; len(marks) > 0 {
						others := slices.DeleteFunc(slices.Clone(kept[num]), func(t T) bool { return t.Owner == owner })
						kept[num] = append(others, T{owner, marks})
					}
				}
			}
			forget(written, &h)
			check(t, &h, written, kept)
		}
	})
}

// forget removes from the model what lies behind the window, and the registers that are no longer there.
func forget(written model, h *History) {
	for owner, nums := range written {
		maps.DeleteFunc(nums, func(num uint64, _ []Mark) bool { return num <= h.Horizon })
		if _, there := h.find(owner); !there {
			delete(written, owner)
		}
	}
}

func check(t *rapid.T, h *History, written model, kept map[uint64]Ts) {
	for num := range kept {
		kept[num] = h.Marked(num, kept[num])
		for _, of := range kept[num] {
			if !slices.Equal(written[of.Owner][num], of.Marks) {
				t.Fatalf("the marks of %d in register %d stay, but not the number", num, of.Owner)
			}
		}
	}
	const reader, number = 1, 12
	least := h.Horizon + 2
	told, err := h.Tell(reader, number, least, func(num uint64) (ts Ts, err error) {
		for _, of := range kept[num] {
			ts = append(ts, T{of.Owner, slices.Clone(of.Marks)})
		}
		return ts, nil
	})
	if err != nil || !told.InOrder() {
		t.Fatalf("told %+v, %v", told, err)
	}
	want := written.tell(reader, number, least)
	for _, r := range told {
		for _, s := range r.Spans {
			for num := s.From; num <= s.To; num++ {
				marks, found := want[place{r.Owner, num}]
				if num >= least && (!found || !slices.Equal(marks, s.Marks)) {
					t.Fatalf("told of %d in register %d with %v, want %v (%v)", num, r.Owner, s.Marks, marks, found)
				}
				delete(want, place{r.Owner, num})
			}
		}
	}
	if len(want) > 0 {
		t.Fatalf("not told of %v", want)
	}
}

// What was written before its value came keeps its register, until the number lies behind the window: else the server would forget that
// it owes the writer an answer when the value comes.
func TestEarlyNumbersKeepTheirRegister(t *testing.T) {
	var h History
	r := h.Of(5, 9)
	r.Early = Span{From: 3, To: 3}
	if h.Learn(4, 2); len(h.Registers) != 1 {
		t.Errorf("with horizon %d the register of the early number 3 is gone", h.Horizon)
	}
	if h.Learn(5, 2); len(h.Registers) != 0 {
		t.Errorf("with horizon %d the register of the early number 3 is there", h.Horizon)
	}
}

// Numbers more than the window behind what is complete go, as many as the window has at a time, and with them the registers that have
// nothing left to tell: not the writer's, nor that of a READ in progress.
func TestLearn(t *testing.T) {
	var h History
	for owner := range uint64(4) {
		r := h.Of(owner, 9)
		r.Write(1, false)
		r.Reading = owner == 3
	}
	if gone := h.Learn(6, 6); gone != nil || h.Horizon != 0 {
		t.Errorf("%v go, though the window has them all", gone)
	}
	r := h.Of(2, 9)
	r.Write(2, false)
	if gone := h.Learn(7, 6); !slices.Equal(gone, []uint64{1}) {
		t.Errorf("%v go, want 1", gone)
	}
	var left []uint64
	for _, r := range h.Registers {
		left = append(left, r.Owner)
	}
	if !slices.Equal(left, []uint64{Writer, 2, 3}) {
		t.Errorf("registers %v are left", left)
	}
	for _, want := range [][]uint64{{2, 3, 4, 5, 6, 7}, {8, 9, 10, 11, 12, 13}} {
		if gone := h.Learn(100, 6); !slices.Equal(gone, want) {
			t.Errorf("%v go, want %v", gone, want)
		}
	}
	if gone := h.Learn(3, 6); len(gone) != 6 || h.Complete != 100 {
		t.Errorf("after a lower number is told %v go, and %d is complete", gone, h.Complete)
	}
}

// Where a reader too many comes, the register goes whose last number is the lowest, of a READ in progress after all others; and none
// whose last number is not known to be complete.
func TestOfMakesRoom(t *testing.T) {
	var h History
	for owner, num := range map[uint64]uint64{1: 1, 2: 3, 3: 2} {
		r := h.Of(owner, 3)
		r.Write(num, false)
		r.Reading = owner == 1
	}
	if r := h.Of(4, 3); r != nil {
		t.Error("a register goes though nothing is complete")
	}
	h.Complete = 2
	for _, step := range []struct {
		owner, gone, evicted uint64
	}{{4, 3, 2}, {5, 4, 2}} { // register 4 tells nothing
		r := h.Of(step.owner, 3)
		if _, there := h.find(step.gone); r == nil || there || h.Evicted != step.evicted {
			t.Errorf("register %d for %d: %v, evicted %d", step.gone, step.owner, r, h.Evicted)
		}
	}
	r := h.Of(5, 3)
	r.Write(9, false)
	if r := h.Of(6, 3); r != nil {
		t.Errorf("a register goes though its last number is not known to be complete: %+v", h.Registers)
	}
	for i := range h.Registers {
		h.Registers[i].Reading = true
	}
	if r := h.Of(6, 3); r == nil || h.Registers[0].Owner == 1 {
		t.Errorf("of READs in progress too the lowest number goes: %+v", h.Registers)
	}
}

// The writer's register takes the room of none.
func TestTheWriterHasRoom(t *testing.T) {
	var h History
	for owner := range uint64(3) {
		h.Of(1+owner, 3).Write(1, false)
	}
	if h.Of(4, 3) != nil || h.Of(Writer, 3) == nil || len(h.Registers) != 4 {
		t.Errorf("a fourth reader: %v, the writer: %v, registers %+v", h.Of(4, 3), h.Of(Writer, 3), h.Registers)
	}
}

// Numbers that follow each other are one span, in whatever order they come, and no number between spans is in one.
func TestSpans(t *testing.T) {
	for _, order := range [][]uint64{{1, 2, 5, 6}, {6, 1, 5, 2}, {2, 6, 5, 1}} {
		var spans []Span
		for _, num := range order {
			spans = add(spans, num)
		}
		if len(spans) != 2 || spans[0].From != 1 || spans[0].To != 2 || spans[1].From != 5 || spans[1].To != 6 {
			t.Errorf("%v make %+v", order, spans)
		}
		for num, want := range []bool{false, true, true, false, false, true, true, false} {
			if _, found := find(spans, uint64(num)); found != want {
				t.Errorf("%d in %+v: %v", num, spans, found)
			}
		}
	}
}
