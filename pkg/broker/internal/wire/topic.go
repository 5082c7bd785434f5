package wire

// Topic is a topic of a Produce or Fetch request and what is asked of each of its
// partitions. It is named by name (up to version 12) or by id (from 13 on).
type Topic[P any] struct {
	Name       []byte
	ID         [16]byte
	Partitions []P
}

// begin reads what stands before the partitions, and gives their number; each
// takes at least so many bytes. They are parsed by who knows what they are: a
// function that is handed in would make the decoder escape.
func (t *Topic[P]) begin(d *decoder, version int16, flexible bool, least int) (partitions int) {
	t.Name, t.ID = nil, [16]byte{}
	if version >= 13 {
		t.ID = d.uuid()
	} else {
		t.Name = d.str(flexible)
	}
	t.Partitions = t.Partitions[:0]
	return d.array(flexible, least)
}

// grow lengthens s by one element, keeping what an earlier use left in it, so
// that slices inside the element are reused.
func grow[T any](s []T) []T {
	if len(s) < cap(s) {
		return s[:len(s)+1]
	}
	var zero T
	return append(s, zero)
}
