package transport

import (
	"slices"
	"time"
)

// watch begins to look after the connections, if others may have to wait for what they hold. The caller holds the lock.
func (b *budget) watch() {
	if !b.watching && b.scarce() {
		b.watching = true
		time.AfterFunc(lookEvery, b.look)
	}
}

func (b *budget) scarce() bool { return b.free < b.size/2 || len(b.waiting) > 0 }

// look notes how connections move, cuts slow ones if others wait, and looks again later as long as memory is scarce.
func (b *budget) look() {
	slow := b.slow(b.suspects(), time.Now())
	for _, a := range slow {
		a.holder.cut() // its session gives the memory back when it ends
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.cuts += uint64(len(slow))
	if b.watching = b.scarce(); b.watching {
		time.AfterFunc(lookEvery, b.look)
		return
	}
	for a := range b.accounts {
		a.since = time.Time{}
	}
}

// suspects are the accounts of connections that it is up to to move something. The others' watch begins anew.
func (b *budget) suspects() (all []*account) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for a := range b.accounts {
		if a.bytes > a.atWork.Load() {
			all = append(all, a)
		} else {
			a.since = time.Time{}
		}
	}
	return all
}

// slow returns those of the suspects that must be cut for others: the slowest, until those who wait will have enough.
func (b *budget) slow(suspects []*account, now time.Time) (slow []*account) {
	moved := make([]uint64, len(suspects)) // outside the lock, as it asks the kernel
	for i, a := range suspects {
		moved[i] = a.holder.moved()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	missing := b.missing()
	for i, a := range suspects {
		switch {
		case a.cut:
			missing -= a.bytes // soon
		case a.isSlow(moved[i], now):
			slow = append(slow, a)
		}
	}
	slices.SortFunc(slow, func(v, w *account) int { return v.since.Compare(w.since) })
	for i, a := range slow {
		if missing <= 0 {
			return slow[:i]
		}
		missing -= a.bytes
		a.cut = true
	}
	return slow
}

// isSlow notes that the connection has moved so many bytes by now.
func (a *account) isSlow(moved uint64, now time.Time) bool {
	part := max(1, (a.bytes-a.atWork.Load())/slowPart)
	if a.since.IsZero() || moved-a.moved >= uint64(part) {
		a.since, a.moved = now, moved
	}
	return now.Sub(a.since) >= slowAfter
}

// missing is how much more must be free for all who wait.
func (b *budget) missing() int64 {
	if len(b.waiting) == 0 {
		return 0
	}
	missing := b.size/largePart - b.free
	for _, w := range b.waiting {
		missing += w.bytes
	}
	return missing
}
