package transport_test

import (
	"fmt"
	"net"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/mabd"
	"github.com/powbench/powbench/transport"
)

// A client asks three servers; a round needs the replies of two.
func Example() {
	register := mabd.Protocol{}
	handler := func(in protocols.Incoming, _ protocols.Memory) (protocols.Message, error) {
		return protocols.Message{Body: &mabd.GetAck{TS: protocols.Timestamp{Num: 7, PID: 1}}, Payload: []byte(in.Key)}, nil
	}
	var addresses []string
	for i := range 3 {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			fmt.Println(err)
			return
		}
		server := transport.NewServer(transport.ServerConfig{Protocol: "mabd", Server: i, NewBody: register.NewBody}, handler)
		go func() { _ = server.Serve(listener) }()
		defer server.Close()
		addresses = append(addresses, listener.Addr().String())
	}
	links := transport.Dial(transport.ClientConfig{
		Protocol: "mabd", Servers: addresses, Role: protocols.Reader, NewBody: register.NewBody,
	})
	defer links.Close()

	exchange := links.Begin("key-000001")
	defer exchange.End()
	if err := exchange.Send(1, protocols.ToAll(3, protocols.Message{Body: &mabd.Get{}})); err != nil {
		fmt.Println(err)
		return
	}
	for range 2 {
		reply := <-exchange.Replies()
		fmt.Printf("round %d: %+v, payload %s\n", reply.Round, reply.Message.Body, reply.Message.Payload)
	}
	// Output:
	// round 1: &{TS:7.1}, payload key-000001
	// round 1: &{TS:7.1}, payload key-000001
}
