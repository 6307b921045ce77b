package attack

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/powbench/powbench/harness/clock"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols/byzantine"
)

// A deed is a fault that is inflicted on a server.
type deed string

const (
	cut     deed = "the link of server %d is cut"
	heal    deed = "the link of server %d heals"
	kill    deed = "server %d is killed"
	restart deed = "server %d is started again"
	deceive deed = "server %d is started again and lies"
	reset   deed = "server %d resets its connections"
	fill    deed = "the disk of server %d is full"
	damage  deed = "a database file of server %d is damaged"
	refuse  deed = "server %d is started on the damaged file"
)

// A fault is done to one server at an instant of the load.
type fault struct {
	at     time.Duration // since the load began
	deed   deed
	server int // 0-based
}

func (f fault) String() string { return fmt.Sprintf(string(f.deed), f.server+1) }

// Times of the plans.
const (
	isolation    = 500 * time.Millisecond // of the servers that are cut off
	resetEvery   = 40 * time.Millisecond
	downTime     = 100 * time.Millisecond // between the death of a server and its return
	rotationTime = 600 * time.Millisecond // of a pair of cuts, with the time to recover from them
	cutTime      = 90 * time.Millisecond
)

// plan lists the deeds to servers during a load of that length, in order. Beyond t servers fail at once only where the
// attack says so.
func plan(a byzantine.Attack, servers, t int, load time.Duration) []fault {
	switch {
	case a.Isolate != [2]int{}:
		return isolations(a.Isolate[0]*t+a.Isolate[1], servers, load)
	case a.Resets:
		return resets(servers, load)
	}
	switch a.ID {
	case killEach:
		return killings(servers, load)
	case killForGood:
		return all(load/3, kill, t, func(i int) int { return i })
	case fullDisk:
		return []fault{{load / 3, fill, 0}}
	case damagedFile:
		return []fault{{load / 3, kill, 0}, {load / 3, damage, 0}, {load/3 + downTime, refuse, 0}}
	case result.Timeline:
		q := load / 4
		return []fault{{q, kill, 0}, {2 * q, deceive, 0}, {3 * q, kill, 0}, {3 * q, restart, 0}}
	}
	return nil
}

// all does the same to n servers at once: the servers of the given numbers, from 0 to n−1.
func all(at time.Duration, d deed, n int, number func(i int) int) (faults []fault) {
	for i := range n {
		faults = append(faults, fault{at, d, number(i)})
	}
	return faults
}

// isolations cuts one group of n servers after the other off, and heals them.
func isolations(n, servers int, load time.Duration) (faults []fault) {
	const pause = 200 * time.Millisecond
	first := 0
	for at := pause; at+isolation <= load; at += 2 * isolation {
		group := func(i int) int { return (first + i) % servers }
		faults = slices.Concat(faults, all(at, cut, n, group), all(at+isolation, heal, n, group))
		first += n
	}
	return faults
}

// resets breaks the connections of one server after the other.
func resets(servers int, load time.Duration) (faults []fault) {
	i := 0
	for at := resetEvery; at < load; at += resetEvery {
		faults = append(faults, fault{at, reset, i % servers})
		i++
	}
	return faults
}

// killings has every server die once, and come back before the next one dies.
func killings(servers int, load time.Duration) (faults []fault) {
	each := load / time.Duration(servers)
	for i := range servers {
		at := each*time.Duration(i) + each/10
		faults = append(faults, fault{at, kill, i}, fault{at + min(downTime, each/2), restart, i})
	}
	return faults
}

// rotation cuts the links of correct servers for a moment, t of them and then up to t others: the first miss WRITEs that
// the others take part in, and are then asked in their stead. The servers before liars are not correct.
func rotation(liars, servers, t, rounds int) (faults []fault) {
	correct := servers - liars
	second := min(2*t, correct) - t // servers that are cut off after the first t
	for r := range rounds {
		at := time.Duration(r) * rotationTime
		former := func(i int) int { return liars + (r+i)%correct }
		latter := func(i int) int { return former(t + i) }
		faults = slices.Concat(faults, all(at, cut, t, former), all(at+cutTime, heal, t, former),
			all(at+cutTime, cut, second, latter), all(at+2*cutTime, heal, second, latter))
	}
	return faults
}

// inflict does the faults at their times after the instant from, and notes when.
func (t *trial) inflict(ctx context.Context, from int64, faults []fault) error {
	for _, f := range faults {
		if err := clock.SleepUntil(ctx, from+int64(f.at)); err != nil {
			return err
		}
		t.note(f.String())
		if err := t.do(ctx, f); err != nil {
			return fmt.Errorf("%v: %w", f, err)
		}
	}
	return nil
}

// note adds an event of now.
func (t *trial) note(what string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.events = append(t.events, result.Event{AtMs: float64(clock.Now()-t.start) / 1e6, What: what})
}

func (t *trial) do(ctx context.Context, f fault) error {
	s := t.cluster.Servers[f.server]
	switch f.deed {
	case cut, heal:
		return s.Cut(f.deed == cut)
	case kill:
		return s.Crash()
	case restart:
		return s.Restart(ctx, "")
	case deceive:
		return s.Restart(ctx, lie(t.protocol).ID)
	case reset:
		return s.Reset(ctx)
	case fill:
		t.mustEnd = append(t.mustEnd, f.server)
		return s.Fill(ctx)
	case damage:
		return s.Damage(ctx)
	case refuse:
		t.mustEnd = append(t.mustEnd, f.server)
		if err := s.Open(ctx); err != nil {
			t.note(err.Error())
			return s.Crash() // a server that refuses its database waits to be told so
		}
		return nil // it has until the end to find out
	}
	return fmt.Errorf("unknown deed %q", f.deed)
}

// judgeEnded finds servers that go on although their disk is full or their database damaged.
func (t *trial) judgeEnded() {
	for _, i := range t.mustEnd {
		p := t.cluster.Servers[i]
		select {
		case <-p.Done():
			t.note(fmt.Sprintf("%s has ended: %v", p.Name, p.Wait()))
		case <-time.After(endTimeout):
			t.find(byzantine.Failure, "%s serves on, though it cannot keep what it acknowledges: "+
				"a disk that is full or a damaged file must end it", p.Name)
		}
	}
}

// endTimeout is how long after the load a server may take to find out that it must stop.
const endTimeout = 2 * time.Second
