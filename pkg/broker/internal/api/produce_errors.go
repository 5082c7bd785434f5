package api

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"

	"kq/pkg/broker/batch"
	"kq/pkg/broker/internal/topic"
	"kq/pkg/broker/internal/wire"
)

// invalid answers for records that were not fit to be appended.
func (op *produceOp) invalid(part *topic.Partition, records []byte, err error, out *wire.ProducePartitionResponse) {
	op.refuse(out, errorOf(err))
	var refused *batch.ValidationError
	if errors.As(err, &refused) {
		out.ErrorMessage = &refused.Message
		out.RecordErrors = make([]wire.ProduceRecordError, len(refused.Records))
		for i := range refused.Records {
			out.RecordErrors[i] = wire.ProduceRecordError{BatchIndex: refused.Records[i].Index, Message: &refused.Records[i].Message}
		}
	}
	b, rest, splitErr := batch.Split(records)
	if splitErr != nil {
		out.ErrorMessage = unreadable(records)
		return // Kafka has not looked at the partition then, nor at its log start
	}
	if _, _, err := batch.Split(rest); err == nil || errors.Is(err, batch.ErrMagic) {
		return
	}
	switch {
	case b.Codec() > batch.CodecZstd:
		out.ErrorCode = kerr.UnknownServerError.Code // Kafka fails over the number
	case b.Codec() == batch.CodecZstd && errors.Is(err, batch.ErrUnsupportedCompression):
		return
	}
	op.tellStart(part, out)
}

// tellStart fills in the log start offset, with those errors with which Kafka does.
func (op *produceOp) tellStart(part *topic.Partition, out *wire.ProducePartitionResponse) {
	switch out.ErrorCode {
	case kerr.UnknownTopicOrPartition.Code, kerr.NotLeaderForPartition.Code, kerr.MessageTooLarge.Code,
		kerr.RecordListTooLarge.Code, kerr.CorruptMessage.Code, kerr.KafkaStorageError.Code:
	default:
		out.LogStartOffset = part.Log().StartOffset()
	}
}

// unreadable is Kafka's text for bytes that do not even begin like a batch, which
// is one of the few that it sends.
func unreadable(records []byte) *string {
	const atLength, atMagic, minLegacy = 8, 16, 14
	if len(records) <= atMagic {
		return nil
	}
	msg := ""
	length, magic := int32(binary.BigEndian.Uint32(records[atLength:])), int8(records[atMagic])
	switch {
	case length < minLegacy:
		msg = fmt.Sprintf("Record size %d is less than the minimum record overhead (%d)", length, minLegacy)
	case magic < 0 || magic > 2:
		msg = fmt.Sprintf("Invalid magic found in record: %d", magic)
	default:
		return nil
	}
	return &msg
}

// transactional says that some batch of the request belongs to a transaction.
func transactional(q *wire.ProduceRequest) bool {
	for i := range q.Topics {
		for j := range q.Topics[i].Partitions {
			if b, err := batch.Peek(q.Topics[i].Partitions[j].Records); err == nil && b.IsTransactional() {
				return true
			}
		}
	}
	return false
}
