package transport

import "slices"

// maxCeased is how many streams are remembered whose server may not have heard yet that nobody listens.
const maxCeased = 1 << 10

// ceased is the ids of the last streams that ended, the oldest first. Their outbox's lock guards it.
type ceased []uint64

func (c *ceased) add(id uint64) {
	if *c = append(*c, id); len(*c) > maxCeased {
		*c = slices.Delete(*c, 0, 1)
	}
}

// late reports whether a reply with the id is one more of a stream that has ended.
func (o *outbox) late(id uint64) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Contains(o.ceased, id)
}
