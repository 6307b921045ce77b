package harness

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/powbench/powbench/harness/clock"
	"github.com/powbench/powbench/harness/history"
	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/protocols/byzantine"
)

const (
	rotationRounds = 3 // in each of which servers miss something and are asked
	rotations      = 5 // at most
)

// rotate cuts links of correct servers in turn: a harm that takes stale servers seldom shows on a fast network. A
// protocol that is to withstand it sees that once; of one that is not, the harm is sought a few times more if need be,
// for on a busy machine little happens while a link is cut.
func (t *trial) rotate(ctx context.Context) error {
	for i := range rotations {
		if err := t.rotateOnce(ctx, fmt.Sprint("rotation ", i)); err != nil {
			return err
		}
		if t.expected.Harm == byzantine.NoHarm {
			return nil
		}
		entries, err := t.saveHistory(ctx)
		if err != nil || history.Check(entries).Code == result.Violation {
			return err
		}
	}
	return nil
}

// rotateOnce cuts links while two agents load the cluster. The third asks right after each first cut, when what the
// others sent to the servers that were cut off is still lost: TCP sends it again after 200 ms.
func (t *trial) rotateOnce(ctx context.Context, phase string) error {
	faults := rotation(t.T, t.protocol.Traits(t.T).Servers, t.T, rotationRounds)
	begin := clock.Now() + int64(startDelay)
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return t.inflict(ctx, begin, faults) })
	group.Go(func() error {
		_, err := t.mix(ctx, phase, []int{0, 1}, begin, rotationRounds*rotationTime, 0.5)
		return err
	})
	group.Go(func() error {
		for r := range rotationRounds {
			at := begin + int64(time.Duration(r)*rotationTime+cutTime)
			if _, err := t.mix(ctx, fmt.Sprint(phase, " probe ", r), []int{2}, at, cutTime, 0); err != nil {
				return err
			}
		}
		return nil
	})
	return group.Wait()
}
