package staterec

import "fmt"

// TxnKey is a key of __transaction_state.
type TxnKey struct{ TransactionalID string }

// Append adds the key's bytes to dst.
func (k TxnKey) Append(dst []byte) []byte {
	c := coder{buf: dst}
	k.walk(&c)
	return c.buf
}

func (k *TxnKey) walk(c *coder) {
	var version int16
	c.version(&version, 0)
	c.string(&k.TransactionalID)
}

// ParseTxnKey reads a key of __transaction_state.
func ParseTxnKey(b []byte) (TxnKey, error) {
	var k TxnKey
	c := coder{buf: b, decoding: true}
	k.walk(&c)
	if c.err != nil {
		return TxnKey{}, fmt.Errorf("parse transactional id key: %w", c.err)
	}
	return k, nil
}

// TxnStatus is the state of a transactional id (Kafka's TransactionState).
type TxnStatus int8

// The states of a transactional id.
const (
	TxnEmpty             TxnStatus = 0
	TxnOngoing           TxnStatus = 1
	TxnPrepareCommit     TxnStatus = 2
	TxnPrepareAbort      TxnStatus = 3
	TxnCompleteCommit    TxnStatus = 4
	TxnCompleteAbort     TxnStatus = 5
	TxnDead              TxnStatus = 6 // forgotten because it was idle
	TxnPrepareEpochFence TxnStatus = 7
)

// String is Kafka's name of the state, as DescribeTransactions answers it.
func (s TxnStatus) String() string {
	names := [...]string{"Empty", "Ongoing", "PrepareCommit", "PrepareAbort", "CompleteCommit", "CompleteAbort", "Dead", "PrepareEpochFence"}
	if s < 0 || int(s) >= len(names) {
		return fmt.Sprintf("status %d", int8(s))
	}
	return names[s]
}

// TxnValue is the state of a transactional id (TransactionLogValue, versions 0
// and 1; version 0 has none of the fields marked v1).
type TxnValue struct {
	ProducerID         int64
	PreviousProducerID int64 // v1: of the last committed transaction, -1: none
	NextProducerID     int64 // v1: last given to the client, -1: none
	Epoch              int16
	NextEpoch          int16 // v1: of NextProducerID, -1: none
	TimeoutMs          int32
	Status             TxnStatus
	Partitions         []TxnPartitions
	LastUpdateMs       int64 // ms since the epoch
	StartMs            int64 // ms since the epoch, -1: none begun
	ClientVersion      int16 // v1: the transaction.version the client spoke (KIP-890), 0, 1 or 2
}

// TxnPartitions are partitions of a topic in a transaction.
type TxnPartitions struct {
	Topic      string
	Partitions []int32
}

func (v *TxnValue) walk(c *coder, version int16) {
	v.PreviousProducerID, v.NextProducerID = defaultTo(c, v.PreviousProducerID), defaultTo(c, v.NextProducerID)
	v.NextEpoch = defaultTo(c, v.NextEpoch)
	c.version(&version, 1)
	c.flexible = version >= 1
	c.int64(&v.ProducerID)
	c.int16(&v.Epoch)
	c.int32(&v.TimeoutMs)
	c.int8((*int8)(&v.Status))
	if !c.decoding && len(v.Partitions) == 0 {
		v.Partitions = nil // written as null in the state Empty, as an empty array elsewhere
		if v.Status != TxnEmpty {
			v.Partitions = []TxnPartitions{}
		}
	}
	array(c, &v.Partitions, 3, true, func(c *coder, p *TxnPartitions) {
		c.string(&p.Topic)
		c.int32s(&p.Partitions)
		c.tags()
	})
	c.int64(&v.LastUpdateMs)
	c.int64(&v.StartMs)
	c.tags(
		tag{v.PreviousProducerID != -1, func(c *coder) { c.int64(&v.PreviousProducerID) }},
		tag{v.NextProducerID != -1, func(c *coder) { c.int64(&v.NextProducerID) }},
		tag{v.ClientVersion != 0, func(c *coder) { c.int16(&v.ClientVersion) }},
		tag{v.NextEpoch != -1, func(c *coder) { c.int16(&v.NextEpoch) }},
	)
}

// Append adds the value's bytes to dst, in version 1: what 4.3.1 writes with
// transaction.version 1 and 2.
func (v TxnValue) Append(dst []byte) []byte {
	c := coder{buf: dst}
	v.walk(&c, 1)
	return c.buf
}

// ParseTxnValue reads a value of __transaction_state.
func ParseTxnValue(b []byte) (TxnValue, error) {
	return parse[TxnValue](b, "transactional id state")
}
