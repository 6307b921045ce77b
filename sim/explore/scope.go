package explore

import (
	"fmt"
	"slices"
	"strings"

	"github.com/powbench/powbench/protocols"
)

// A Scope is a small set of operations, of which every order of deliveries is explored.
type Scope struct {
	Name    string
	Title   string // in the notation of the papers: ‖ is beside, a semicolon is after, † does not end
	Clients []Client
}

// A Client begins its operations one after the other, each at any time after the one before has ended.
type Client struct {
	Ops []Op
	// Dies says that the client may die at any time, with the messages that it has under way.
	Dies bool
	// After are the clients, by index, that must have ended or died before this one begins.
	After []int
}

// An Op is one operation of a scope.
type Op struct {
	Kind protocols.Op
	Key  protocols.Key
}

// The registers of scopes.
const (
	register protocols.Key = "x"
	other    protocols.Key = "y"
)

var (
	write = Op{protocols.Write, register}
	read  = Op{protocols.Read, register}
)

// Scopes lists all scopes, the smallest first.
func Scopes() []Scope {
	return []Scope{
		{"read", "READ", []Client{{Ops: []Op{read}}}},
		{"write", "WRITE", []Client{{Ops: []Op{write}}}},
		{"write-then-read", "WRITE; READ", []Client{{Ops: []Op{write}}, {Ops: []Op{read}, After: []int{0}}}},
		{"write-read", "WRITE ‖ READ", []Client{{Ops: []Op{write}}, {Ops: []Op{read}}}},
		{"write-write", "WRITE ‖ WRITE", []Client{{Ops: []Op{write}}, {Ops: []Op{write}}}},
		{"write-write-then-read", "(WRITE ‖ WRITE); READ", []Client{
			{Ops: []Op{write}}, {Ops: []Op{write}}, {Ops: []Op{read}, After: []int{0, 1}},
		}},
		{"write-then-write-then-read", "WRITE; WRITE; READ", []Client{
			{Ops: []Op{write}}, {Ops: []Op{write}, After: []int{0}}, {Ops: []Op{read}, After: []int{1}},
		}},
		{"dead-then-reads", "WRITE†; READ; READ", []Client{
			{Ops: []Op{write}, Dies: true}, {Ops: []Op{read, read}, After: []int{0}},
		}},
		{"dead-then-read-read", "WRITE†; (READ ‖ READ)", []Client{
			{Ops: []Op{write}, Dies: true}, {Ops: []Op{read}, After: []int{0}}, {Ops: []Op{read}, After: []int{0}},
		}},
		{"dead-then-read-write-read", "WRITE†; READ; WRITE; READ", []Client{
			{Ops: []Op{write}, Dies: true},
			{Ops: []Op{read}, After: []int{0}},
			{Ops: []Op{write}, After: []int{1}},
			{Ops: []Op{read}, After: []int{2}},
		}},
		{"dead-then-read-reads", "WRITE†; (READ ‖ (READ; READ))", []Client{
			{Ops: []Op{write}, Dies: true}, {Ops: []Op{read}, After: []int{0}}, {Ops: []Op{read, read}, After: []int{0}},
		}},
		{"write-reads", "WRITE ‖ (READ; READ)", []Client{{Ops: []Op{write}}, {Ops: []Op{read, read}}}},
		{"write-read-read", "WRITE ‖ READ ‖ READ", []Client{{Ops: []Op{write}}, {Ops: []Op{read}}, {Ops: []Op{read}}}},
		{"other-key", "WRITE of y; READ of x", []Client{
			{Ops: []Op{{protocols.Write, other}}}, {Ops: []Op{read}, After: []int{0}},
		}},
	}
}

// ScopeByName finds a scope by its name; the error for an unknown one lists those there are.
func ScopeByName(name string) (Scope, error) {
	var names []string
	for _, s := range Scopes() {
		if s.Name == name {
			return s, nil
		}
		names = append(names, s.Name)
	}
	return Scope{}, fmt.Errorf("unknown scope %q: choose one of %s", name, strings.Join(names, ", "))
}

// Fits says why the scope is not one of the protocol: a key of a protocol with one writer is written by several.
func (s Scope) Fits(p protocols.Protocol) error {
	traits := p.Traits(1)
	switch writers := s.writers(); {
	case traits.Null:
		return fmt.Errorf("%s keeps no values: there is nothing to explore", traits.System())
	case traits.Peers:
		return fmt.Errorf("servers of %s send each other messages, whose orders are not explored: use `powbench simulate`", traits.System())
	case traits.Writers == protocols.One && writers > 1:
		return fmt.Errorf("scope %s (%s) has %d writers of one register, and %s is a register of one writer: choose another scope",
			s.Name, s.Title, writers, traits.System())
	}
	return nil
}

// writers is the greatest number of clients that write one key.
func (s Scope) writers() int {
	count := map[protocols.Key]int{}
	most := 0
	for _, c := range s.Clients {
		for key := range c.writes() {
			count[key]++
			most = max(most, count[key])
		}
	}
	return most
}

// writes counts what the client writes, by key.
func (c Client) writes() map[protocols.Key]int {
	n := map[protocols.Key]int{}
	for _, o := range c.Ops {
		if o.Kind == protocols.Write {
			n[o.Key]++
		}
	}
	return n
}

// keys are the keys of the scope.
func (s Scope) keys() (all []protocols.Key) {
	for _, c := range s.Clients {
		for _, o := range c.Ops {
			if !slices.Contains(all, o.Key) {
				all = append(all, o.Key)
			}
		}
	}
	return all
}
