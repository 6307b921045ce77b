package explore

import (
	"fmt"
	"slices"
	"strings"

	"github.com/powbench/powbench/protocols"
)

// A Menu is what faulty servers may do, one after the other or in another way to each client; or what a hostile reader may.
type Menu struct {
	Name  string
	Title string

	crash  bool // t servers may answer nothing from some time on
	stale  bool // one may answer as in any state that it was ever in
	forge  bool // one may forge
	reader bool // a reader may send what it likes
}

// Menus lists all menus, the mildest first.
func Menus() []Menu {
	return []Menu{
		{Name: "none", Title: "all servers are correct"},
		{Name: "crash", Title: "t servers may fall silent at any time", crash: true},
		{
			Name: "stale", Title: "one server answers honestly, or not at all, or as in the beginning or any earlier state of its own",
			stale: true,
		},
		{Name: "full", Title: "the same, or as another server or for another register, or any of these answers with one field " +
			"from another of them or garbage", stale: true, forge: true},
		{Name: "reader", Title: fmt.Sprintf("all servers are correct, and a reader sends them %d times what a READ would send then, or any of "+
			"that with one field from another of its messages or garbage", mostIntrusions), reader: true},
	}
}

// MenuByName finds a menu by its name; the error for an unknown one lists those there are.
func MenuByName(name string) (Menu, error) {
	var names []string
	for _, m := range Menus() {
		if m.Name == name {
			return m, nil
		}
		names = append(names, m.Name)
	}
	return Menu{}, fmt.Errorf("unknown menu %q: choose one of %s", name, strings.Join(names, ", "))
}

// Beyond reports whether the protocol does not promise to withstand the menu.
func (m Menu) Beyond(p protocols.Protocol) bool {
	return m.lies() && p.Traits(1).LyingServers == 0 || m.reader && !p.Traits(1).LyingReaders
}

func (m Menu) lies() bool { return m.stale || m.forge }

// roles are which server lies, -1 if none does, and how many may be silent besides.
func (m Menu) roles(t, servers int) (liar, silent int) {
	switch {
	case m.lies():
		return servers - 1, 0
	case m.crash:
		return -1, t
	}
	return -1, 0
}

// An offer is what the liar may answer a request with, the honest answer first. There is one of each content.
type offer struct{ all []*message }

// lies are what the liar may answer the request with, or the first of them alone.
func (x *Search) lies(s *state, f flight, first bool) (all []step) {
	if f.reply || !x.awaited(s, f) {
		return nil
	}
	menu := x.menu(s, f)
	told := menu.all
	if x.Reductions.Lies {
		told = x.clients[f.client].different(s.locals[f.client], f, menu, first)
	}
	for _, m := range told {
		reply := f
		reply.reply, reply.message = true, m
		if all = append(all, step{what: lie, flight: reply}); first {
			break
		}
	}
	return all
}

// different are the answers that bring the client into different states, one of each; or the first of them alone. What changes
// nothing but what the driver knows is as if the server said something else, or nothing.
func (c *client) different(l *local, f flight, menu *offer, first bool) (all []*message) {
	at := lied{menu, f.round, f.server}
	if all, known := l.lies[at]; known {
		return all
	}
	reached := map[*local]bool{}
	for _, m := range menu.all {
		to := c.hear(l, input{f.round, f.server, m}).to
		if reached[to] || to.quiet == l.quiet {
			continue
		}
		reached[to] = true
		if all = append(all, m); first {
			return all
		}
	}
	if l.lies == nil {
		l.lies = map[lied][]*message{}
	}
	l.lies[at] = all
	return all
}

// menu are the messages that the liar may answer the request with.
func (x *Search) menu(s *state, f flight) *offer {
	var all []*message
	add := func(m *message) {
		if m != nil && !slices.Contains(all, m) {
			all = append(all, m)
		}
	}
	a := x.asks(s, f)
	for i := len(s.memory) - 1; i >= 0; i-- {
		a.store = s.memory[i]
		add(x.servers[f.server].handle(a).reply)
	}
	if x.Menu.forge {
		for i, v := range x.servers {
			for _, key := range x.Scope.keys() {
				add(v.handle(asked{s.stores[i], a.from, key, f.message}).reply)
			}
		}
	}
	return x.offered(all)
}

// offered are these, and those with one field changed if the liar forges. They are made once.
func (x *Search) offered(honest []*message) *offer {
	key := make([]byte, 0, 256)
	for _, m := range honest {
		key = append(key, m.fingerprint[:]...)
	}
	known := x.menus[string(key)]
	if known == nil {
		known = &offer{honest}
		if x.Menu.forge {
			known.all = x.withForged(honest)
		}
		x.menus[string(key)] = known
	}
	return known
}
