package avid

import (
	"errors"
	"slices"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/avid/kept"
	"github.com/powbench/powbench/protocols/wire"
)

// dispersed is one dispersal at one server, while it takes one message.
type dispersed struct {
	*server
	time     Time
	check    Checksum
	register kept.Register
	votes    votes
	held     fragments // and their bytes, once they are fetched
	pieces   [][]byte  // of held; nil before fetch
	fetched  bool
	alone    bool // only its own fragment was stored
	stored   bool // the fragments have changed
	echo     bool // say so to the others
	ready    bool
	state    protocols.StateReader
	effects  protocols.Effects
	err      error
}

// load reads the dispersal's records, except for the fragments.
func (s *server) load(ts protocols.Timestamp, c Checksum, state protocols.StateReader) (*dispersed, error) {
	d := &dispersed{server: s, time: s.timeOf(ts, c), check: c, state: state}
	if _, err := wire.ReadBody(state, recordVotes(d.time), &d.votes); err != nil {
		return nil, err
	}
	var err error
	d.register, err = kept.Load(state)
	return d, err
}

// count counts a server's votes. It reports whether one of them is new.
func (d *dispersed) count(server int, echo, ready bool) (news bool) {
	mark := func(votes *[]bool, counts bool) {
		if len(*votes) != d.is.Servers {
			*votes = make([]bool, d.is.Servers)
		}
		if counts && !(*votes)[server] {
			(*votes)[server], news = true, true
		}
	}
	mark(&d.votes.Echoes, echo)
	mark(&d.votes.Readies, ready)
	return news
}

// hear notes that a server speaks of the dispersal. As long as no more than t do, and this one is not among them, they may
// have invented it. They can invent any number, which must not grow for ever.
func (d *dispersed) hear(server int) {
	voters := 0
	for i := range d.is.Servers {
		if d.votes.Echoes[i] || d.votes.Readies[i] {
			voters++
		}
	}
	founded := voters > d.t || d.votes.Echoes[d.index] || d.votes.Readies[d.index]
	if gone := d.register.Hear(server, d.time, founded); gone != nil {
		d.effects.Records = append(d.effects.Records, protocols.Record{Name: recordVotes(*gone), Delete: true},
			protocols.Record{Name: recordFragments(*gone), Delete: true})
	}
}

// fetch reads the fragments.
func (d *dispersed) fetch() {
	if d.fetched {
		return
	}
	d.fetched = true
	payload, found, err := wire.ReadRecord(d.state, recordFragments(d.time), &d.held)
	if d.err = errors.Join(d.err, err); err != nil || !found {
		return
	}
	for piece := range slices.Chunk(payload, d.data.Length(d.check.CC)) {
		d.pieces = append(d.pieces, piece)
	}
	d.alone = len(d.held.Of) == 1 && d.held.Of[0] == uint64(d.index)
}

// piece takes a server's right fragment. With t+1 of them it can be told whether they are of a value; fingerprints tell
// with the first, and a server then takes its own alone.
func (d *dispersed) piece(server int, fragment []byte) {
	if d.votes.Wrong || d.votes.Right {
		return
	}
	if d.fetch(); slices.Contains(d.held.Of, uint64(server)) {
		return
	}
	d.held.Of, d.pieces, d.stored = append(d.held.Of, uint64(server)), append(d.pieces, fragment), true
	if len(d.pieces) == d.data.Enough() {
		d.verify()
	}
}

// verify restores the value and encodes it again: if that gives the checksum, the writer did not lie, and whatever
// fragments others have give the same value. The server has its own fragment then, even if the writer sent it none.
func (d *dispersed) verify() {
	all := make([][]byte, d.is.Servers)
	for i, server := range d.held.Of {
		if server < uint64(len(all)) && i < len(d.pieces) {
			all[server] = d.pieces[i]
		}
	}
	value, err := d.data.Decode(d.check.CC, all, protocols.Heap{})
	if err != nil {
		d.err = err
		return
	}
	again, check, err := d.encode(value, protocols.Heap{})
	if err != nil {
		d.err = err
		return
	}
	if d.votes.Right = check.Equal(d.check); d.votes.Right {
		d.stored = !d.alone // else it has stored its own already
		d.held.Of, d.pieces = []uint64{uint64(d.index)}, again[d.index:d.index+1]
	} else {
		d.votes.Wrong, d.held.Of, d.pieces = true, nil, nil
	}
}

// advance does what the votes call for.
func (d *dispersed) advance() (protocols.Effects, error) {
	right := d.votes.Right || d.fingerprints
	if right && !d.votes.Sent && (protocols.Count(d.votes.Echoes) >= 2*d.t+1 || protocols.Count(d.votes.Readies) >= d.t+1) {
		d.votes.Sent, d.ready = true, true
		d.count(d.index, false, true)
	}
	if right && protocols.Count(d.votes.Readies) >= 2*d.t+1 {
		d.end()
	}
	if (d.echo || d.ready) && !d.votes.Wrong {
		d.tellPeers()
	}
	return d.done()
}

// own is the server's own fragment, nil if it has none.
func (d *dispersed) own() []byte {
	d.fetch()
	if i := slices.Index(d.held.Of, uint64(d.index)); i >= 0 && i < len(d.pieces) {
		return d.pieces[i]
	}
	return nil
}

// tellPeers sends the server's votes, with its fragment unless fingerprints tell.
func (d *dispersed) tellPeers() {
	m := protocols.Message{Body: &Vote{TS: d.time.TS, Check: d.check, Echo: d.echo, Ready: d.ready}}
	if !d.fingerprints {
		m.Payload = d.own()
	}
	d.effects.Peers = protocols.ToAll(d.is.Servers, m)
	d.effects.Peers[d.index] = protocols.Message{}
}

// end ends the dispersal: whoever waited is answered, listeners hear of the version, and the higher of it and the
// server's own stays.
func (d *dispersed) end() {
	for _, to := range d.votes.Waiting {
		d.effects.Later = append(d.effects.Later, protocols.Letter{To: to, Message: protocols.Message{Body: &Stored{}}})
	}
	d.announce()
	superseded := d.time
	if d.time.Compare(d.register.Time) > 0 {
		superseded = d.register.Replace(d.time)
		d.keepChecksum()
	}
	d.votes = votes{Ended: true}
	d.drop(superseded)
}

// keepChecksum stores the checksum of the server's version if that has come without its fragment: with fingerprints,
// others vote without it.
func (d *dispersed) keepChecksum() {
	if !d.fingerprints || d.stored {
		return
	}
	_, found, err := d.state.Body(recordFragments(d.time))
	d.stored = !found
	d.err = errors.Join(d.err, err)
}

// announce tells the listeners of the version.
func (d *dispersed) announce() {
	for _, l := range d.register.Listeners {
		if l.Over.Compare(d.time) >= 0 {
			continue
		}
		m := protocols.Message{Body: &Clock{TS: d.time.TS}}
		if !l.Brief {
			m = protocols.Message{Body: &Version{TS: d.time.TS, Check: d.check}, Payload: d.own()}
		}
		d.effects.Later = append(d.effects.Later, protocols.Letter{To: l.Ticket, Message: m})
	}
}

// drop removes the fragments of a version that is superseded.
func (d *dispersed) drop(t Time) {
	if t.Compare(d.time) == 0 {
		d.stored = false
	}
	if !t.TS.IsZero() {
		d.effects.Records = append(d.effects.Records, protocols.Record{Name: recordFragments(t), Delete: true})
	}
}

// late takes a fragment that comes after the dispersal has ended, if the server has none of its version: with fingerprints it may end
// without.
func (d *dispersed) late(fragment []byte) {
	if d.time.Compare(d.register.Time) != 0 || d.own() != nil {
		return
	}
	d.piece(d.index, fragment)
	d.announce()
}

// done is what comes of the message: the records that have changed, and what is to be sent.
func (d *dispersed) done() (protocols.Effects, error) {
	e := d.effects
	if d.err != nil {
		return protocols.Effects{}, d.err
	}
	var err error
	if d.stored && d.votes.Wrong {
		e.Records = append(e.Records, protocols.Record{Name: recordFragments(d.time), Delete: true})
	} else if d.stored {
		d.held.Check = d.check
		if e.Records, err = wire.AddRecord(e.Records, recordFragments(d.time), &d.held, slices.Concat(d.pieces...)); err != nil {
			return protocols.Effects{}, err
		}
	}
	if e.Records, err = wire.AddRecord(e.Records, recordVotes(d.time), &d.votes, nil); err != nil {
		return protocols.Effects{}, err
	}
	return d.register.Save(e)
}
