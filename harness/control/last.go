package control

import (
	"context"
	"encoding/json"
	"net/rpc"
	"time"
)

// A coordinator asks every process for its last words before anything else. The process answers when it fails, and goes only when
// the coordinator says that it has heard: so the reason arrives even if there is no room for a line in a log.
const (
	lastWords  Method[Nothing, string]  = "last words"
	heardWords Method[Nothing, Nothing] = "heard last words"
)

// hearing is how long a process that fails waits for its coordinator, which may have gone itself.
const hearing = 2 * time.Second

// last is the process's side.
type last struct {
	words chan string
	heard chan struct{}
}

func newLast() *last { return &last{words: make(chan string, 1), heard: make(chan struct{}, 1)} }

func (l *last) handlers() []Handler {
	return []Handler{Handle(lastWords, l.answer), Handle(heardWords, l.confirm)}
}

func (l *last) answer(ctx context.Context, _ Nothing) (string, error) {
	select {
	case words := <-l.words:
		return words, nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

func (l *last) confirm(context.Context, Nothing) (none Nothing, _ error) {
	select {
	case l.heard <- struct{}{}:
	default: // once is enough
	}
	return none, nil
}

// say tells the coordinator, and waits until it has heard.
func (l *last) say(ctx context.Context, err error) {
	l.words <- err.Error()
	select {
	case <-l.heard:
	case <-ctx.Done(): // it listens no more
	case <-time.After(hearing):
	}
}

// listen is the coordinator's side: it keeps what the process says when it fails.
func (c *Client) listen() {
	var reply Reply
	asked := c.rpc.Go(do, Request{string(lastWords), json.RawMessage("{}")}, &reply, make(chan *rpc.Call, 1))
	go func() {
		<-asked.Done // at the latest when the process ends
		var words string
		if asked.Error != nil || json.Unmarshal(reply.Report, &words) != nil {
			return
		}
		c.words.Store(&words)
		_, _ = Call(context.Background(), c, heardWords, Nothing{}) // it ends, with or without an answer
	}()
}
