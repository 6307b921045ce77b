package node

import (
	"context"
	"errors"
	"fmt"

	"github.com/powbench/powbench/harness/control"
	"github.com/powbench/powbench/transport"
)

// talks reports whether the protocol's servers send each other messages.
func (n *Node) talks() bool { return n.protocol.Traits(n.cfg.T).Peers }

// Connect connects the node to the other servers, whose addresses are given by index, if its protocol needs that.
func (n *Node) Connect(_ context.Context, addrs []string) (none control.Nothing, _ error) {
	if !n.talks() {
		return none, nil
	}
	if want := n.protocol.Traits(n.cfg.T).Servers; len(addrs) != want || len(n.cfg.Keys.Pairs) != want {
		return none, fmt.Errorf("server %d: %d addresses and %d keys of servers, want %d of both: make the cluster anew",
			n.cfg.Index+1, len(addrs), len(n.cfg.Keys.Pairs), want)
	}
	peers := transport.DialPeers(transport.ClientConfig{
		Protocol: n.cfg.Protocol, Servers: addrs, Keys: n.cfg.Keys.Pairs, NewBody: n.protocol.NewBody,
		Identity: n.identity, Congestion: n.cfg.Congestion, Log: n.log,
	}, n.cfg.Index)
	if !n.handler.peers.CompareAndSwap(nil, peers) {
		return none, errors.Join(fmt.Errorf("server %d is connected to the others already", n.cfg.Index+1), peers.Close())
	}
	return none, nil
}

// Between is the bytes that the node and the other servers have exchanged over the connections that it made, frames included,
// once those that are up have taken all that it has sent.
func (n *Node) Between(ctx context.Context, _ control.Nothing) (int64, error) {
	peers := n.handler.peers.Load()
	if peers == nil {
		return 0, nil
	}
	err := peers.Links().Quiesce(ctx)
	moved := peers.Traffic()
	return int64(moved.Sent.Bytes + moved.Received.Bytes), err
}
