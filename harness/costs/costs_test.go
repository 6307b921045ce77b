package costs

import (
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"
)

func mustPrepare(t *testing.T, name string, threshold int) *Task {
	t.Helper()
	s, err := ByName(name)
	if err != nil {
		t.Fatal(err)
	}
	task, err := s.Prepare(threshold)
	if err != nil {
		t.Fatal(err)
	}
	return task
}

// Every scheme verifies what it constructs, at once and again: keys of all sizes are accepted.
func TestSchemesWork(t *testing.T) {
	for _, s := range All() {
		for _, threshold := range []int{1, 3} {
			task, err := s.Prepare(threshold)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if err := errors.Join(task.Verify(), task.Construct(), task.Verify()); err != nil {
					t.Errorf("%s for t = %d: %v", s.Name, threshold, err)
				}
			}
		}
	}
}

// The multiplications that are counted are those of the closed forms: power by power, t(t+1)/2 at each point, and t by
// Horner's rule; the writer evaluates at 3t+1 points and a server at one.
func TestCountedMultiplications(t *testing.T) {
	for threshold := 1; threshold <= 10; threshold++ {
		for name, each := range map[string]int64{
			"polynomial-naive":  int64(threshold * (threshold + 1) / 2),
			"polynomial-horner": int64(threshold),
			"polynomial-sealed": int64(threshold),
		} {
			construct, verify, err := mustPrepare(t, name, threshold).Multiplications()
			if want := int64(3*threshold+1) * each; err != nil || construct != want || verify != each {
				t.Errorf("%s for t = %d: %d and %d multiplications, %v; want %d and %d", name, threshold, construct, verify,
					err, want, each)
			}
		}
	}
	if mustPrepare(t, "ed25519", 1).Multiplications != nil {
		t.Error("a signature claims to count its multiplications")
	}
}

// A writer's work grows with the number of servers; what a server checks is its own proof alone.
func TestWhoPaysForServers(t *testing.T) {
	for name, perServer := range map[string]uint64{"hash-sha256": 0, "hash-macs-sha256": 1, "polynomial-horner": 2} {
		few, err1 := measure(mustPrepare(t, name, 1).Construct, 100)
		many, err2 := measure(mustPrepare(t, name, 10).Construct, 100)
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		const more = 3 * (10 - 1) // servers
		if got := (many.Allocs - few.Allocs + 50) / 100; got < perServer*more || perServer == 0 && got > 0 {
			t.Errorf("%s: %d more allocations for %d more servers", name, got, more)
		}
	}
}

func TestSignaturesThatFail(t *testing.T) {
	broken := errors.New("no entropy")
	for want, keys := range map[string]func() (sign, verify, error){
		"x for t = 0: no entropy": func() (sign, verify, error) { return nil, nil, broken },
		errWrong.Error(): func() (sign, verify, error) {
			return func([]byte) ([]byte, error) { return []byte{1}, nil },
				func(m, sig []byte) error { return check(len(m) == MessageBytes() && string(sig) == "\x02") }, nil
		},
	} {
		task, err := signed("x", 0, keys).Prepare(0)
		if err == nil {
			err = task.Verify()
		}
		if err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestByName(t *testing.T) {
	for _, name := range Names() {
		if s, err := ByName(name); err != nil || s.Name != name {
			t.Errorf("ByName(%q) = %q, %v", name, s.Name, err)
		}
	}
	if _, err := ByName("md5"); err == nil || !strings.Contains(err.Error(), `"md5": there are hash-sha1, `) {
		t.Errorf("unknown scheme: %v", err)
	}
}

// kept keeps what an operation allocates from being optimised away.
var kept []byte

func TestMeasure(t *testing.T) {
	cores, calls := runtime.GOMAXPROCS(0), 0
	s, err := Measure(func() error {
		if runtime.GOMAXPROCS(0) != 1 {
			return errors.New("more than one processor")
		}
		calls++
		kept = make([]byte, 64)
		return nil
	}, 3*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOMAXPROCS(0) != cores {
		t.Error("the number of processors was not restored")
	}
	if s.CPU < 3*time.Millisecond || s.Wall <= 0 || s.Ops >= calls {
		t.Errorf("%+v of %d calls: want at least 3 ms, and shorter attempts before", s, calls)
	}
	if a, b := float64(s.Allocs)/float64(s.Ops), float64(s.Bytes)/float64(s.Ops); a < 1 || a > 1.1 || b < 64 || b > 70 {
		t.Errorf("%g allocations of %g bytes each, want one of 64", a, b)
	}
}

func TestMeasureFails(t *testing.T) {
	calls := 0
	_, err := Measure(func() error {
		if calls++; calls == 3 {
			return errWrong
		}
		return nil
	}, time.Hour)
	if !errors.Is(err, errWrong) || calls != 3 {
		t.Errorf("%v after %d calls, want the operation's error at once", err, calls)
	}
}

func TestMore(t *testing.T) {
	for _, c := range []struct {
		ops        int
		took, want time.Duration
		next       int
	}{
		{10, time.Second, 10 * time.Second, 120},
		{10, 0, time.Second, 1000}, // too coarse a clock
		{10, time.Second, time.Second, 12},
		{1, time.Second - 1, time.Second, 2}, // always more, or it would never end
	} {
		if got := more(c.ops, c.took, c.want); got != c.next {
			t.Errorf("more(%d, %v, %v) = %d, want %d", c.ops, c.took, c.want, got, c.next)
		}
	}
}

func TestWaited(t *testing.T) {
	for cpu, want := range map[time.Duration]float64{time.Second: 0.75, 4 * time.Second: 0, 5 * time.Second: 0} {
		if got := (Sample{Wall: 4 * time.Second, CPU: cpu}).Waited(); got != want {
			t.Errorf("waited %g of 4 s with %v of CPU, want %g", got, cpu, want)
		}
	}
}
