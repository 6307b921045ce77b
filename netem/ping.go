package netem

import (
	"context"
	"io"
	"slices"
	"time"
)

// pingBytes is the size of a small message, there and back.
const pingBytes = 64

// ping measures n round trips of small messages over one connection, after a few that warm it up.
func ping(ctx context.Context, from, to *Host, n int) ([]time.Duration, error) {
	near, far, err := connect(ctx, from, to)
	if err != nil {
		return nil, err
	}
	defer near.Close()
	defer far.Close()
	defer context.AfterFunc(ctx, func() { near.Close(); far.Close() })()
	go func() { // it ends with the connection, which the near side judges
		_, _ = io.CopyBuffer(struct{ io.Writer }{far}, struct{ io.Reader }{far}, make([]byte, pingBytes))
	}()
	const warmUp = 20
	samples := make([]time.Duration, warmUp+n)
	message := make([]byte, pingBytes)
	for i := range samples {
		start := time.Now()
		if _, err := near.Write(message); err != nil {
			return nil, err
		}
		if _, err := io.ReadFull(near, message); err != nil {
			return nil, err
		}
		samples[i] = time.Since(start)
	}
	return samples[warmUp:], nil
}

func summarise(samples []time.Duration) (mean, p50, p99 time.Duration) {
	slices.Sort(samples)
	for _, s := range samples {
		mean += s
	}
	n := len(samples)
	return mean / time.Duration(n), samples[n/2], samples[n*99/100]
}
