package batch

import (
	"errors"
	"fmt"
	"math"
)

// Validate checks the records of one partition of a produce request and makes
// them fit for its log (org.apache.kafka.storage.internals.log.LogValidator,
// with the checks of ProduceRequest.validateRecords and UnifiedLog before it).
// It changes header fields in place: leader epoch, and maximum timestamp and
// timestamp type where they must change. The base offset is left to the log.
//
// legacy takes message sets of magic 0 and 1, too, and converts them: Produce
// before version 3.
//
// The error is a *ValidationError when single records are to blame; else it
// wraps ErrInvalidRecord (nothing there, more than one batch, wrong counts, not
// magic 2, a client's control batch), ErrCorrupt (CRC, lengths), ErrTooLarge,
// ErrUnsupportedCompression or ErrMagic.
//
// Bytes behind the batch that are no whole batch are dropped, as Kafka does.
func Validate(records []byte, legacy bool, r Rules) (Validated, error) {
	b, rest, err := Split(records)
	if legacy && errors.Is(err, ErrMagic) {
		b, err := ConvertLegacy(records, r)
		if err != nil {
			return Validated{}, err
		}
		return Validated{Records: b, MaxTimestamp: b.MaxTimestamp(), Rewritten: true}, nil
	}
	if errors.Is(err, ErrShort) {
		return Validated{}, fmt.Errorf("%w: no whole record batch in %d bytes", ErrInvalidRecord, len(records))
	}
	if err != nil {
		return Validated{}, err
	}
	if err := checkAlone(rest); err != nil {
		return Validated{}, err
	}
	if err := checkHeader(b, &r); err != nil {
		return Validated{}, err
	}
	b.SetLeaderEpoch(r.LeaderEpoch)
	source := b.Codec()
	target := r.target(source)
	if source == CodecNone && b.IsControl() {
		target = CodecNone
	}
	if source == CodecNone {
		return validateBody(b, b.Body(), target, &r)
	}
	if source == target && !mustOpen(b, &r) {
		ms := b.MaxTimestamp()
		return patchTime(b, ms, &r), nil
	}
	d := r.decompressor()
	buf := d.borrow()
	defer d.giveBack(buf)
	if *buf, err = d.Decompress(*buf, b); err != nil {
		return Validated{}, err
	}
	return validateBody(b, *buf, target, &r)
}

// checkAlone refuses a second batch.
func checkAlone(rest []byte) error {
	if len(rest) == 0 {
		return nil // as nearly always: and no error is made
	}
	_, _, err := Split(rest)
	if errors.Is(err, ErrMagic) {
		_, _, err = cutInner(rest)
	}
	if err == nil {
		return fmt.Errorf("%w: more than one record batch for a partition", ErrInvalidRecord)
	}
	if errors.Is(err, ErrShort) {
		return nil
	}
	return err
}

// checkHeader is what can be told without the records, in Kafka's order.
func checkHeader(b Batch, r *Rules) error {
	if b.Codec() == CodecZstd && r.NoZstd {
		return fmt.Errorf("%w: this version of produce requests must not use zstd", ErrUnsupportedCompression)
	}
	if !r.Internal && b.BaseOffset() != 0 {
		return fmt.Errorf("%w: the baseOffset of the record batch in the append to %s should be 0, but it is %d",
			ErrInvalidRecord, r.where(), b.BaseOffset())
	}
	if err := r.checkSize(len(b)); err != nil {
		return err
	}
	if err := b.VerifyCRC(); err != nil {
		return err
	}
	if b.Codec() > CodecZstd {
		return fmt.Errorf("%w: unknown compression type id: %d", ErrUnsupportedCompression, b.Codec())
	}
	if r.Internal {
		return nil
	}
	span, count := int64(b.LastOffsetDelta())+1, int64(b.Count())
	switch {
	case span <= 0:
		return fmt.Errorf("%w: batch has an invalid offset range: [%d, %d] in topic partition %s",
			ErrInvalidRecord, b.BaseOffset(), b.LastOffset(), r.where())
	case count <= 0:
		return fmt.Errorf("%w: invalid reported count for record batch: %d in topic partition %s",
			ErrInvalidRecord, count, r.where())
	case span != count:
		return fmt.Errorf("%w: inconsistent batch offset range [%d, %d] and count of records %d in topic partition %s",
			ErrInvalidRecord, b.BaseOffset(), b.LastOffset(), count, r.where())
	case b.IsControl():
		return fmt.Errorf("%w: clients are not allowed to write control records in topic partition %s",
			ErrInvalidRecord, r.where())
	case b.HasProducerID() && b.BaseSequence() < 0:
		return fmt.Errorf("%w: invalid sequence number %d in record batch with producerId %d in topic partition %s",
			ErrInvalidRecord, b.BaseSequence(), b.ProducerID(), r.where())
	}
	return nil
}

// mustOpen says whether the records of a compressed batch have to be seen.
func mustOpen(b Batch, r *Rules) bool {
	if r.Full || r.Compacted || b.TimestampType() == LogAppendTime {
		return true
	}
	if r.LogAppendTime {
		return false
	}
	return r.BeforeMaxMs != math.MaxInt64 || !r.inRange(b.MaxTimestamp())
}

// validateBody checks the uncompressed records of b, and packs them again if
// they must change.
func validateBody(b Batch, body []byte, target Codec, r *Rules) (Validated, error) {
	base := b.BaseTimestamp()
	w, ok := walk(body, b.Count(), NoTimestamp-base)
	if !ok || suspicious(b, w, r) {
		if err := explain(b, body, target, r); err != nil {
			return Validated{}, err
		}
	}
	if b.Count() > 0 && (b.Codec() != target || w.offsetsOff && !r.Internal) {
		return rebuild(b, body, target, r)
	}
	ms := NoTimestamp
	switch {
	case b.Count() == 0:
		ms = b.MaxTimestamp()
	case b.TimestampType() == LogAppendTime:
		ms = max(ms, b.MaxTimestamp())
	default:
		ms = max(ms, base+w.maxDelta)
	}
	return patchTime(b, ms, r), nil
}

// saneTime bounds times and distances with which sums cannot wrap around.
const saneTime = int64(1) << 61

// suspicious says whether some record may have to be refused; explain knows.
func suspicious(b Batch, w walked, r *Rules) bool {
	if r.Compacted && w.nullKeys || b.TimestampType() == LogAppendTime {
		return true
	}
	if r.LogAppendTime || w.minDelta > w.maxDelta {
		return false // no create time counts, or there is none
	}
	base := b.BaseTimestamp()
	for _, v := range [...]int64{base, w.minDelta, w.maxDelta} {
		if v < -saneTime || v > saneTime {
			return true
		}
	}
	return !r.inRange(base+w.minDelta) || !r.inRange(base+w.maxDelta)
}

// explain goes through the records one by one and says what is wrong, if
// anything is.
func explain(b Batch, body []byte, target Codec, r *Rules) error {
	var errs recordErrors
	p := parser{p: body}
	for i := range b.Count() {
		rec, err := p.next()
		if err != nil {
			return err
		}
		offset, ts := b.BaseOffset()+int64(rec.OffsetDelta), b.Timestamp(rec)
		errs.checkRecord(r, i, offset, ts, rec.Key != nil, b.TimestampType(), func() string {
			return show(rec, offset, ts, b.Codec() != CodecNone && b.Codec() == target)
		})
	}
	if p.at != len(body) {
		return fmt.Errorf("%w: incorrect declared batch size, records still remaining in file", ErrInvalidRecord)
	}
	return errs.err()
}

// show is how Kafka prints a record. It skips keys and values of batches that
// stay compressed, and prints those records otherwise.
func show(r Record, offset, ts int64, partial bool) string {
	name, key, value := "DefaultRecord", len(r.Key), len(r.Value)
	if partial {
		name = "PartialDefaultRecord"
		if r.Key == nil {
			key = -1
		}
		if r.Value == nil {
			value = -1
		}
	}
	return fmt.Sprintf("%s(offset=%d, timestamp=%d, key=%d bytes, value=%d bytes)", name, offset, ts, key, value)
}

// patchTime stamps a batch that is otherwise sound; ms is its maximum create time.
func patchTime(b Batch, ms int64, r *Rules) Validated {
	t := CreateTime
	if r.LogAppendTime {
		t, ms = LogAppendTime, r.NowMs
	}
	b.setMaxTimestamp(t, ms)
	return Validated{Records: b, MaxTimestamp: ms}
}

// rebuild makes a new batch of the same records, at consecutive offsets, in the
// target codec.
func rebuild(b Batch, body []byte, target Codec, r *Rules) (Validated, error) {
	if hasID := b.ProducerID() != NoProducerID; hasID && b.ProducerEpoch() == NoProducerEpoch ||
		hasID && b.BaseSequence() < 0 && !b.IsControl() || !hasID && b.IsTransactional() {
		return Validated{}, fmt.Errorf("%w: producer id %d with epoch %d and sequence number %d",
			ErrInvalidRecord, b.ProducerID(), b.ProducerEpoch(), b.BaseSequence())
	}
	nb := NewBuilder(BuilderOptions{
		Codec: target, Level: r.Levels.Of(target), Compressor: r.compressor(),
		LeaderEpoch: r.LeaderEpoch, BaseOffset: b.BaseOffset(),
		Idempotent: true, ProducerID: b.ProducerID(), ProducerEpoch: b.ProducerEpoch(), BaseSequence: b.BaseSequence(),
		Transactional: b.IsTransactional(), Control: b.IsControl(),
		LogAppendTime: r.LogAppendTime, AppendTimeMs: r.NowMs,
	})
	p := parser{p: body}
	for range b.Count() {
		rec, err := p.next()
		if err != nil {
			return Validated{}, err
		}
		ts := b.Timestamp(rec)
		if ts < NoTimestamp {
			return Validated{}, fmt.Errorf("%w: negative timestamp %d", ErrInvalidTimestamp, ts)
		}
		nb.Add(ts, rec.Key, rec.Value, rec.Headers)
	}
	out := nb.Build()
	if err := r.checkSize(len(out)); err != nil {
		return Validated{}, err
	}
	return Validated{Records: out, MaxTimestamp: out.MaxTimestamp(), Rewritten: true}, nil
}
