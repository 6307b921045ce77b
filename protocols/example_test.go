package protocols_test

import (
	"fmt"
	"log"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/mabd"
	"github.com/powbench/powbench/protocols/play"
	"github.com/powbench/powbench/protocols/suite"
)

// An operation is a sequence of rounds and a server an automaton. Whatever carries messages between them drives them:
// here a loop, in which every server answers at once.
func Example() {
	var protocol protocols.Protocol = mabd.Protocol{}
	traits := protocol.Traits(1)
	fmt.Printf("%s tolerates 1 fault of %d servers, with quorums of %d.\n", traits.Title, traits.Servers, traits.Quorum)

	primitives := suite.Modern()
	serverKeys, writer, _, err := suite.GenerateKeys(primitives, traits.Servers, play.Entropy(1, 0))
	if err != nil {
		log.Fatal(err)
	}
	var servers []protocols.Server
	var stores []play.Store
	for i, keys := range serverKeys {
		servers = append(servers, protocol.NewServer(protocols.ServerParams{Index: i, T: 1, Suite: primitives, Keys: keys}))
		stores = append(stores, play.Store{})
	}
	client := protocol.NewRegister(protocols.ClientParams{T: 1, PID: 1, Suite: primitives, Keys: writer, Entropy: play.Entropy(1, 1)})

	run := func(o protocols.Operation) protocols.Result {
		driver := play.New(o, traits.Servers)
		next, err := driver.Start()
		for err == nil && !driver.Done() {
			round := next
			for i, m := range round.To {
				reply, records, err := servers[i].Handle(protocols.Writer, "key", m, stores[i].Lend("key"))
				if err != nil {
					log.Fatal(err)
				}
				stores[i].Put("key", records...)
				if requests, _ := driver.Answer(round.Round, i, reply); requests.To != nil {
					next = requests
				}
			}
		}
		result, err := driver.Result()
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%d rounds, timestamp %v", driver.Round(), result.Timestamp)
		return result
	}
	run(client.Write("key", []byte("value"), protocols.Heap{}))
	fmt.Println(": written")
	result := run(client.Read("key", protocols.Heap{}))
	fmt.Printf(": read %q\n", result.Value)
	// Output:
	// M-ABD tolerates 1 fault of 3 servers, with quorums of 2.
	// 2 rounds, timestamp 1.1: written
	// 2 rounds, timestamp 1.1: read "value"
}
