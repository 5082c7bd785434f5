package format

import "github.com/twmb/franz-go/pkg/kgo"

// value prints values as lines.
type value struct{}

func (value) Append(dst []byte, r *kgo.Record) []byte {
	return append(append(dst, r.Value...), '\n')
}

// visibleLines is value for a terminal.
type visibleLines struct{}

func (visibleLines) Append(dst []byte, r *kgo.Record) []byte {
	return append(appendHarmless(dst, r.Value), '\n')
}

// keyed prints key, delimiter and value as lines; a null is empty.
type keyed struct {
	delim []byte
	show  text
}

func (k keyed) Append(dst []byte, r *kgo.Record) []byte {
	dst = append(k.show(dst, r.Key), k.delim...)
	return append(k.show(dst, r.Value), '\n')
}

// Keyed makes the formatter that prints lines of key, delimiter and value.
// The error is an Options.Decode that is none.
func Keyed(delim []byte, o Options) (Formatter, error) {
	k := keyed{delim, plain}
	if o.Terminal {
		k.show = appendHarmless[[]byte]
	}
	if o.Decode == "" {
		return k, nil
	}
	return decoding(k, o.Decode)
}
