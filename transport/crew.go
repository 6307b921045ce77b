package transport

import "golang.org/x/sync/errgroup"

// A crew does a connection's jobs, each in one of its goroutines. They stay for the next job, because the stack of a new
// goroutine is small, and to let it grow costs more than most requests. There are as many as were ever busy at once, and
// no more than the limit.
type crew[T any] struct {
	do    func(T) error
	limit int
	size  int
	jobs  chan T // to a goroutine that waits for one
	group errgroup.Group
}

func newCrew[T any](limit int, do func(T) error) *crew[T] {
	return &crew[T]{do: do, limit: limit, jobs: make(chan T)}
}

// give has the job done, and waits as long as all goroutines are busy. Only one goroutine at a time may call it.
func (c *crew[T]) give(job T) {
	select {
	case c.jobs <- job:
		return
	default:
	}
	if c.size == c.limit {
		c.jobs <- job
		return
	}
	c.size++
	c.group.Go(func() error { return c.work(job) })
}

// work does the first job and those that follow. It returns the first error, but goes on until the end.
func (c *crew[T]) work(first T) error {
	err := c.do(first)
	for job := range c.jobs {
		if failed := c.do(job); err == nil {
			err = failed
		}
	}
	return err
}

// end waits until all jobs are done and returns the first error of one.
func (c *crew[T]) end() error {
	close(c.jobs)
	return c.group.Wait()
}
