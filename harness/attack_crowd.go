package harness

import (
	"context"
	"fmt"
	"time"

	"github.com/powbench/powbench/harness/agent"
	"github.com/powbench/powbench/harness/clock"
	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/byzantine"
)

const (
	crowdTime = time.Second
	crowdings = 8 // at most
)

// crowds reports whether servers attack so that READs of the protocol may take more rounds than two: they do if the
// attackers alone have seen a WRITE complete, which is seldom unless all clients crowd on one key.
func crowds(a byzantine.Attack, p protocols.Protocol) bool {
	return a.Server != nil && a.Expected(p).Rounds > 2
}

// crowd has all clients use one key until a READ has taken as many rounds as the attack may bring about, or a few times
// in vain.
func (t *trial) crowd(ctx context.Context) error {
	for i := range crowdings {
		start := clock.Now() + int64(startDelay)
		reports, err := t.mixOn(ctx, 1, fmt.Sprint("crowd ", i), everyone, start, crowdTime, 0.5)
		if err != nil || longestRead(reports) >= t.expected.Rounds {
			return err
		}
	}
	return nil
}

// longestRead is the most rounds that a READ took.
func longestRead(reports []agent.MixedReport) (most int) {
	for _, r := range reports {
		for rounds := range r.Read.Rounds {
			most = max(most, rounds.Total())
		}
	}
	return most
}
