package sim

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A Strategy makes the decisions of schedules: one chooser for each seed. The zero Strategy is uniform.
type Strategy struct {
	Name, Title string
	chooser     func(s Scenario, seed uint64) Chooser
}

// Strategies lists all strategies, the plainest first.
func Strategies() []Strategy {
	return []Strategy{
		{"uniform", "every decision at random", uniform},
		{"delays", "messages come at once, but for one to five that are late", delays},
		{"priorities", "each client hears of some servers before it hears of others, and changes its mind up to twice", priorities},
		{"mixed", "a schedule of each in turn", mixed},
	}
}

// StrategyByName finds a strategy by its name; the error for an unknown one lists those there are.
func StrategyByName(name string) (Strategy, error) {
	var names []string
	for _, s := range Strategies() {
		if s.Name == name {
			return s, nil
		}
		names = append(names, s.Name)
	}
	return Strategy{}, fmt.Errorf("unknown strategy %q: choose one of %s", name, strings.Join(names, ", "))
}

// chooser makes the decisions of the seed's schedule. What is wrong with the scenario, simulate says.
func (s Scenario) chooser(seed uint64) Chooser {
	whole, err := s.filled()
	if err != nil || s.Strategy.chooser == nil {
		return Seeded(seed)
	}
	return s.Strategy.chooser(whole, seed)
}

func uniform(_ Scenario, seed uint64) Chooser { return Seeded(seed) }

// mixed plays each of the other strategies in turn.
func mixed(s Scenario, seed uint64) Chooser {
	all := Strategies()
	return all[seed%uint64(len(all)-1)].chooser(s, seed)
}

// What strategies are made of.
const (
	detourLevels = 7 // how far away a server can be for a round
	maxDelays    = 5 // of a schedule
	maxChanges   = 2 // of priorities in a schedule
	delayRounds  = 3 // of an operation: in later ones nothing is delayed
	shortPause   = 8 // ticks before a client's next operation: those of several clients must meet
)

// A network decides how long messages take, and leaves all other decisions to chance. It is part of a strategy: what it
// decides depends on the seed and the name of the choice alone, as with Seeded, so that schedules can be shrunk.
type network struct {
	Seeded
	servers int
	// far says which servers are far away for the round, each once, the nearest first.
	far func(client, seq, round int) []distance
}

// A distance is where a server is for a round.
type distance struct {
	server, level int
	replies       bool // come late; else requests do
}

// delays are delay-bounded schedules (Emmi, Qadeer and Rakamarić, POPL'11): messages arrive in the order in which they are sent,
// but for a few.
func delays(s Scenario, seed uint64) Chooser {
	r := Seeded(mix(seed))
	n := network{Seeded: Seeded(seed), servers: s.servers()}
	type place struct{ client, seq, round int }
	late := map[place][]distance{}
	for i := range 1 + r.number(0, maxDelays) {
		draw := func(what, below int) int { return r.number(1+8*i+what, below) }
		at, server := place{1 + draw(0, s.clients()), 1 + draw(1, s.Ops), 1 + draw(2, delayRounds)}, draw(3, n.servers)
		if !slices.ContainsFunc(late[at], func(d distance) bool { return d.server == server }) {
			late[at] = append(late[at], distance{server, draw(4, detourLevels), draw(5, 2) == 1})
		}
	}
	n.far = func(client, seq, round int) []distance { return late[place{client, seq, round}] }
	return n
}

// priorities are schedules by priority (Burckhardt et al., ASPLOS'10; for messages, Ozkan et al., OOPSLA'18): of what is under
// way between a client and servers, that of the server with the higher priority arrives first. At up to two moments, servers
// come last from then on.
func priorities(s Scenario, seed uint64) Chooser {
	r := Seeded(mix(seed + 1))
	n := network{Seeded: Seeded(seed), servers: s.servers()}
	changes := make([]change, r.number(0, maxChanges+1))
	for i := range changes {
		draw := func(what, below int) int { return r.number(1+8*i+what, below) }
		changes[i] = change{1 + draw(0, s.clients()), draw(1, s.Ops*delayRounds), draw(2, n.servers)}
	}
	n.far = func(client, seq, round int) []distance {
		order := r.order(client, n.servers)
		for _, c := range changes {
			if c.client == client && c.from <= (seq-1)*delayRounds+round-1 {
				at := slices.Index(order, c.server)
				order = append(slices.Delete(order, at, at+1), c.server)
			}
		}
		all := make([]distance, 0, n.servers-1)
		for rank, server := range order[1:] {
			reply := r.number(1<<20+client<<8+server, 2) == 1
			all = append(all, distance{server, (rank + 1) * (detourLevels - 1) / (n.servers - 1), reply})
		}
		return all
	}
	return n
}

// A change gives a server the lowest priority for a client, from a round on, counted over all operations.
type change struct{ client, from, server int }

// number draws the n-th number of a strategy, below a bound.
func (s Seeded) number(n, below int) int {
	return int(mix(uint64(s)+mix(uint64(n))) >> 8 % uint64(below))
}

// order draws an order of the numbers below n, for a client.
func (s Seeded) order(client, n int) []int {
	order := natural(n)
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Compare(mix(uint64(s)+uint64(client<<8+a)), mix(uint64(s)+uint64(client<<8+b)))
	})
	return order
}

// servers and clients are how many there are, but for a hostile one.
func (s Scenario) servers() int { return s.Protocol.Traits(s.T).Servers }
func (s Scenario) clients() int { return s.Writers + s.Readers }

// Choose implements Chooser. No message takes longer than others, but for those that the strategy has come late.
func (n network) Choose(c Choice, below int) int {
	switch c.what() {
	case delay:
		return 0
	case detour:
		return min(n.detour(c), below-1)
	case begin:
		if c>>partBit == 0 {
			below = min(below, shortPause)
		}
	}
	return n.Seeded.Choose(c, below)
}

// detour is what becomes of a choice about the servers that are far away: how many there are, whether a server's requests or
// replies are late, or how late.
func (n network) detour(c Choice) int {
	far := n.farIn(c)
	if c>>eachBit&1 == 0 {
		return len(far)
	}
	at := slices.IndexFunc(far, func(d distance) bool { return d.server == int(c>>serverBit&0xff) })
	switch {
	case at < 0:
		return 0
	case c>>partBit == 0:
		if far[at].replies {
			return 1
		}
		return 0
	}
	return far[at].level
}

// farIn are the servers that are far away in the round of a choice.
func (n network) farIn(c Choice) []distance {
	field := func(bit, width int) int { return int(c>>bit) & (1<<width - 1) }
	return n.far(field(clientBit, 8), field(seqBit, 12), field(roundBit, 4))
}

// Chance implements Chooser. Any number of servers may be far away, and messages seldom come twice.
func (n network) Chance(c Choice, percent int) bool {
	switch c.what() {
	case detour:
		return true
	case duplicate:
		return n.Seeded.Chance(c, percent/duplicateRarer)
	}
	return n.Seeded.Chance(c, percent)
}

// duplicateRarer is how much rarer messages come twice.
const duplicateRarer = 5

// Order implements Chooser. Of the servers those that are far away come first.
func (n network) Order(c Choice, below int) []int {
	if c.what() != detour {
		return n.Seeded.Order(c, below)
	}
	var order []int
	for _, d := range n.farIn(c) {
		order = append(order, d.server)
	}
	for i := range below {
		if !slices.Contains(order, i) {
			order = append(order, i)
		}
	}
	return order
}
