package query

import (
	"net/url"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/state"
)

// For tests.
var ParseKey = parseKey

// Laggard watches a store without ever reading; the result says whether it was cut off.
func Laggard(h *Hub, store string) func() bool { return h.watch(store).lost.Load }

// ParseQuery reads a query string for stores of all kinds.
func ParseQuery(text string) {
	q, err := url.ParseQuery(text)
	if err != nil {
		return
	}
	for k := state.KeyValueKind; k <= state.VersionedKind; k++ {
		_, _ = parseParams(&Store{Kind: k, Key: codec.String{}, Value: codec.Long{}}, "", q)
	}
}
