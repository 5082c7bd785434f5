package query

import (
	"encoding/json"
	"math"
	"strconv"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/state"
)

// entry is one entry of a store, or the change of one.
type entry struct {
	key        []byte
	start, end int64 // of a window or a session
	value      []byte
	ts         int64
}

// Entry is an entry of a store, or the change of one, as it travels.
type Entry struct {
	Key json.RawMessage `json:"key"`
	// Start and End are those of the window or the session, in milliseconds since 1970.
	Start *int64          `json:"start,omitempty"`
	End   *int64          `json:"end,omitempty"`
	Value json.RawMessage `json:"value"`
	// Timestamp is in milliseconds since 1970.
	Timestamp int64 `json:"timestamp"`
	// Error says why a key or a value could not be read; it is null then.
	Error string `json:"error,omitempty"`
	// Sort is the key's bytes, between instances alone.
	Sort []byte `json:"sort,omitempty"`
}

// wire makes the JSON of an entry.
func (s *Store) wire(e *entry, hop bool) Entry {
	var w Entry
	var keyErr, valueErr error
	w.Key, keyErr = document(e.key, s.Key)
	w.Value, valueErr = document(e.value, s.Value)
	for _, err := range []error{keyErr, valueErr} {
		if err != nil && w.Error == "" {
			w.Error = err.Error()
		}
	}
	w.Timestamp = e.ts
	if s.windowed() {
		w.Start, w.End = &e.start, &e.end
	}
	if hop {
		w.Sort = e.key
	}
	return w
}

// windowed says that the store's entries have a start and an end.
func (s *Store) windowed() bool { return s.Kind == state.WindowKind || s.Kind == state.SessionKind }

var null = json.RawMessage("null")

// document is bytes as JSON: JSON as it stands, numbers that JSON lacks as texts,
// bytes in base64.
func document(b []byte, c codec.Codec) (json.RawMessage, error) {
	if b == nil {
		return null, nil
	}
	if c.Name() == "json" && json.Valid(b) {
		return b, nil
	}
	v := codec.Encoded(b, c)
	d, err := v.Any()
	if err != nil {
		return null, err
	}
	if f, ok := d.(float64); ok && (math.IsNaN(f) || math.IsInf(f, 0)) {
		d = strconv.FormatFloat(f, 'g', -1, 64)
	}
	if d == nil {
		return null, nil
	}
	out, err := json.Marshal(d)
	if err != nil {
		return null, err
	}
	return out, nil
}

// kind is what a store is called.
func kind(k state.Kind) string {
	switch k {
	case state.KeyValueKind:
		return "keyValue"
	case state.WindowKind:
		return "window"
	case state.SessionKind:
		return "session"
	case state.VersionedKind:
		return "versioned"
	}
	return "raw"
}
