package transport

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A fakeHolder moves as many bytes as a test says, and notes whether it was cut.
type fakeHolder struct {
	from    string
	bytes   atomic.Uint64
	wasCut  atomic.Bool
	account *account
}

func (f *fakeHolder) host() string  { return f.from }
func (f *fakeHolder) moved() uint64 { return f.bytes.Load() }
func (f *fakeHolder) cut()          { f.wasCut.Store(true) }

func holderAt(b *budget, host string) *fakeHolder {
	f := &fakeHolder{from: host}
	f.account = b.open(f)
	return f
}

// hold takes bytes that must be free.
func (f *fakeHolder) hold(t *testing.T, bytes int64) *holding {
	t.Helper()
	h := &holding{}
	if !f.account.try(h, bytes) {
		t.Fatalf("%d bytes are not free", bytes)
	}
	return h
}

// moveOn moves so many bytes every tenth of a second until the test ends.
func (f *fakeHolder) moveOn(ctx context.Context, bytes uint64) {
	for ctx.Err() == nil {
		f.bytes.Add(bytes)
		time.Sleep(100 * time.Millisecond)
	}
}

const budgetBytes = 16 << 20 // of the tests' budgets

// A connection that does nothing is cut when another waits, after a second; those that move what they hold within sixteen
// seconds, and those whose requests the server is at work on, are not.
func TestSlowConnectionsAreCutForOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var moving sync.WaitGroup
		b := newBudget(budgetBytes)
		still, trickling, honest, working, next := holderAt(b, "a"), holderAt(b, "a"), holderAt(b, "a"), holderAt(b, "a"), holderAt(b, "a")
		const part = 3 << 20
		holdings := map[*fakeHolder]*holding{}
		for _, f := range []*fakeHolder{still, trickling, honest, working} {
			holdings[f] = f.hold(t, part)
		}
		holdings[working].work(true)
		moving.Go(func() { trickling.moveOn(ctx, 1) })
		moving.Go(func() { honest.moveOn(ctx, part/slowPart/8) })
		time.Sleep(time.Minute)
		if still.wasCut.Load() || trickling.wasCut.Load() {
			t.Error("cut, though nobody waits")
		}
		begun := time.Now()
		got := make(chan *holding)
		moving.Go(func() {
			h := &holding{}
			if err := next.account.take(ctx, h, 2*part); err != nil {
				t.Error(err)
			}
			got <- h
		})
		time.Sleep(2 * lookEvery)
		if !still.wasCut.Load() || !trickling.wasCut.Load() || honest.wasCut.Load() || working.wasCut.Load() {
			t.Errorf("still %v, trickling %v, honest %v, working %v were cut", still.wasCut.Load(), trickling.wasCut.Load(),
				honest.wasCut.Load(), working.wasCut.Load())
		}
		holdings[still].release()
		holdings[trickling].release()
		holdings[next] = <-got
		if took := time.Since(begun); took != 2*lookEvery {
			t.Errorf("waited for %v", took)
		}
		cancel()
		for f, h := range holdings {
			if f != still && f != trickling {
				h.release()
			}
			f.account.close()
		}
		moving.Wait()
		time.Sleep(time.Minute) // the watch ends
		if bytes, _ := b.state(); bytes != 0 || b.watching || len(b.accounts)+len(b.hosts) > 0 {
			t.Errorf("in the end %d bytes are held, %d accounts of %d addresses", bytes, len(b.accounts), len(b.hosts))
		}
	})
}

// No more are cut than those who wait need.
func TestAsFewAsNeededAreCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBudget(budgetBytes)
		var all []*fakeHolder
		var holdings []*holding
		for range 4 {
			f := holderAt(b, "a")
			all, holdings = append(all, f), append(holdings, f.hold(t, 3<<20))
		}
		next := holderAt(b, "a")
		ctx, cancel := context.WithTimeout(t.Context(), slowAfter+2*lookEvery)
		defer cancel()
		if err := next.account.take(ctx, &holding{}, 4<<20); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v, though nobody gave anything back", err)
		}
		n := 0
		for _, f := range all {
			if f.wasCut.Load() {
				n++
			}
		}
		if n != 1 { // 2 MiB of the 4 that may be used are free
			t.Errorf("%d were cut", n)
		}
		for _, h := range holdings {
			h.release()
		}
		time.Sleep(time.Minute)
		if bytes, _ := b.state(); bytes != 0 || len(b.waiting) != 0 {
			t.Errorf("%d bytes are held, %d wait", bytes, len(b.waiting))
		}
	})
}

// Small messages come first and may use all; then those of the address, and of the connection, that would hold least.
func TestTheOrderOfThoseWhoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBudget(budgetBytes)
		const large = budgetBytes - budgetBytes/largePart - 3<<20
		poor, rich, other := holderAt(b, "b"), holderAt(b, "b"), holderAt(b, "a")
		kept := []*holding{other.hold(t, 2<<20), rich.hold(t, 1<<20)}
		all := holderAt(b, "c").hold(t, large)
		var order []string
		var waiting sync.WaitGroup
		wait := func(name string, f *fakeHolder, bytes int64) {
			waiting.Go(func() {
				h := &holding{}
				if err := f.account.take(t.Context(), h, bytes); err != nil {
					t.Error(err)
				}
				order = append(order, name) // one has it at a time
				time.Sleep(time.Millisecond)
				h.release()
			})
			synctest.Wait()
		}
		wait("of an address with much", other, large)
		wait("of a connection with some", rich, large)
		wait("of one with nothing", poor, large)
		wait("small", other, smallBytes)
		time.Sleep(2 * time.Millisecond)
		all.release()
		waiting.Wait()
		if want := []string{"small", "of one with nothing", "of a connection with some", "of an address with much"}; !slices.Equal(order, want) {
			t.Errorf("order %q, want %q", order, want)
		}
		for _, h := range kept {
			h.release()
		}
		time.Sleep(time.Minute) // the watch ends
	})
}

// Who gives up waiting holds nothing, whether or not it was given anything meanwhile.
func TestGivingUp(t *testing.T) {
	b := newBudget(budgetBytes)
	f := holderAt(b, "a")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 100 {
		all := f.hold(t, budgetBytes-budgetBytes/largePart)
		var waiting sync.WaitGroup
		waiting.Go(func() {
			h := &holding{}
			if err := f.account.take(ctx, h, 1<<20); err == nil || h.of == nil {
				h.release()
			}
		})
		all.release()
		waiting.Wait()
		if bytes, _ := b.state(); bytes != 0 || len(b.waiting) != 0 || f.account.bytes != 0 || f.account.host.bytes != 0 {
			t.Fatalf("%d bytes are held, %d wait", bytes, len(b.waiting))
		}
	}
}
