package sim

import "container/heap"

// An event is what happens at an instant of virtual time.
type event struct {
	at int64
	n  int64 // events of one instant happen in the order in which they were planned
	do func()
}

// queue is the events to come, the next one first.
type queue struct {
	events  eventHeap
	planned int64
}

// plan adds an event.
func (q *queue) plan(at int64, do func()) {
	q.planned++
	heap.Push(&q.events, event{at, q.planned, do})
}

// next takes the next event; false if there is none.
func (q *queue) next() (event, bool) {
	if len(q.events) == 0 {
		return event{}, false
	}
	return heap.Pop(&q.events).(event), true
}

// eventHeap implements heap.Interface.
type eventHeap []event

func (h eventHeap) Len() int      { return len(h) }
func (h eventHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *eventHeap) Push(e any)   { *h = append(*h, e.(event)) }

func (h eventHeap) Less(i, j int) bool {
	return h[i].at < h[j].at || h[i].at == h[j].at && h[i].n < h[j].n
}

func (h *eventHeap) Pop() any {
	last := len(*h) - 1
	e := (*h)[last]
	(*h)[last] = event{}
	*h = (*h)[:last]
	return e
}
