package format

import (
	"errors"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/staterec"
)

// ErrDecoder is a --decode that is no decoder.
var ErrDecoder = errors.New("unknown decoder")

// The decoders of Options.Decode.
const (
	DecodeNone    = "none"      // bytes are printed as they are
	DecodeAuto    = "auto"      // what the topic's name says; bytes as they are for all but internal topics
	DecodeOffsets = "offsets"   // the committed offsets of __consumer_offsets
	DecodeGroups  = "groupmeta" // its other records, those of groups and members
	DecodeTxn     = "txn"       // __transaction_state
	DecodeShare   = "share"     // __share_group_state
)

// Decoders lists the decoders, for help and completion.
func Decoders() []string {
	return []string{DecodeAuto, DecodeNone, DecodeOffsets, DecodeGroups, DecodeTxn, DecodeShare}
}

// decoding makes f print what the records of internal topics mean. A decoder
// that is asked for by name takes the records of any topic; of the two for
// __consumer_offsets each passes over what is the other's.
func decoding(f Formatter, how string) (Formatter, error) {
	if !slices.Contains(Decoders(), how) {
		return nil, fmt.Errorf("%w %q", ErrDecoder, how)
	}
	if how == DecodeNone {
		return f, nil
	}
	d := &decoder{how: how, plain: f}
	d.envelope, _ = f.(*envelope)
	switch f.(type) {
	case value, visibleLines:
		d.oneText = true
	}
	return d, nil
}

// decoder prints decoded records through another formatter: as objects where
// that prints envelopes, else as text in the place of key and value.
type decoder struct {
	how      string
	plain    Formatter
	envelope *envelope // plain, if it is one
	oneText  bool      // plain prints values only: key and value stand in it

	key, value object
	record     kgo.Record
}

// Err is why plain could not print a record.
func (d *decoder) Err() error {
	if e, ok := d.plain.(interface{ Err() error }); ok {
		return e.Err()
	}
	return nil
}

func (d *decoder) Append(dst []byte, r *kgo.Record) []byte {
	walk := d.walker(r)
	if walk == nil {
		return d.plain.Append(dst, r)
	}
	d.key.begin(d.envelope != nil)
	d.value.begin(d.envelope != nil)
	switch err := walk(r, &d.key, &d.value); {
	case errors.Is(err, errOther):
		return dst
	case err != nil:
		d.value.err = err
	}
	if d.envelope != nil {
		return d.envelope.appendDecoded(dst, r, &d.key, &d.value)
	}
	d.record = *r
	d.record.Key, d.record.Value = d.key.text(r.Key), d.value.text(r.Value)
	if d.oneText {
		d.record.Value = append(append(d.record.Key, ' '), d.record.Value...)
		d.record.Key = r.Key
	}
	return d.plain.Append(dst, &d.record)
}

// errOther is a record that the decoder asked for does not print.
var errOther = errors.New("another kind of record")

// walker is what decodes r, nil where it is printed as it is.
func (d *decoder) walker(r *kgo.Record) func(r *kgo.Record, key, value *object) error {
	switch d.how {
	case DecodeOffsets, DecodeGroups:
		return d.groupState
	case DecodeTxn:
		return d.txnState
	case DecodeShare:
		return d.shareState
	}
	switch r.Topic {
	case "__consumer_offsets":
		return d.groupState
	case "__transaction_state":
		return d.txnState
	case "__share_group_state":
		return d.shareState
	}
	return nil
}

func (d *decoder) groupState(r *kgo.Record, key, value *object) error {
	k, err := staterec.ViewKey(r.Key)
	isOffset := k.Kind == staterec.Offset || k.Kind == staterec.LegacyOffset
	if d.how == DecodeOffsets && (err != nil || !isOffset) || d.how == DecodeGroups && isOffset {
		return errOther
	}
	if err != nil {
		return err
	}
	key.kind = k.Kind.String()
	key.groupKey(k)
	if r.Value == nil {
		return nil
	}
	return value.groupValue(k.Kind, r.Value)
}

func (d *decoder) txnState(r *kgo.Record, key, value *object) error {
	k, err := staterec.ParseTxnKey(r.Key)
	if err != nil {
		return err
	}
	key.kind = "TransactionLog"
	key.string("transactionalId", k.TransactionalID)
	if r.Value == nil {
		return nil
	}
	v, err := staterec.ParseTxnValue(r.Value)
	if err != nil {
		return err
	}
	value.valueKind(key.kind, r.Value)
	value.txnValue(v)
	return nil
}

// appendDecoded prints the envelope with objects in the place of key and value,
// and what they are behind each, so that nothing reads them as the bytes:
//
//	"key":{…},"keytype":"OffsetCommit","value":{…},"valuetype":"OffsetCommit/4"
func (e *envelope) appendDecoded(dst []byte, r *kgo.Record, key, value *object) []byte {
	dst = e.appendHead(dst, r)
	if key.kind == "" {
		dst = appendField(dst, `,"key":`, `,"keyb64":"`, r.Key)
	} else {
		dst = append(append(dst, `,"key":{`...), key.buf...)
		dst = append(append(append(dst, `},"keytype":"`...), key.kind...), '"')
	}
	if value.kind == "" {
		dst = appendField(dst, `,"value":`, `,"valueb64":"`, r.Value)
	} else {
		dst = append(append(dst, `,"value":{`...), value.buf...)
		dst = append(append(append(dst, `},"valuetype":"`...), value.kind...), '"')
	}
	if value.err != nil {
		dst = appendAny(append(dst, `,"valueerr":`...), []byte(value.err.Error()), false)
	}
	dst = appendHeaders(append(dst, `,"headers":`...), r.Headers)
	return append(dst, "}\n"...)
}
