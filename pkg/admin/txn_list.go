package admin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// ErrTransactionState is a state that no transactional id can be in.
var ErrTransactionState = errors.New("unknown state of a transaction")

// ErrOldBroker is a question that the cluster's version cannot answer.
var ErrOldBroker = errors.New("the cluster is too old")

// The states of a transactional id, in Kafka's words.
const (
	TxnEmpty             = "Empty"
	TxnOngoing           = "Ongoing"
	TxnPrepareCommit     = "PrepareCommit"
	TxnPrepareAbort      = "PrepareAbort"
	TxnCompleteCommit    = "CompleteCommit"
	TxnCompleteAbort     = "CompleteAbort"
	TxnDead              = "Dead"
	TxnPrepareEpochFence = "PrepareEpochFence"
)

// TransactionStates lists the states of a transactional id.
func TransactionStates() []string {
	return []string{TxnEmpty, TxnOngoing, TxnPrepareCommit, TxnPrepareAbort, TxnCompleteCommit, TxnCompleteAbort, TxnPrepareEpochFence, TxnDead}
}

// ListTransactionsOptions chooses transactional ids; what is empty chooses all.
type ListTransactionsOptions struct {
	Match       *regexp.Regexp // the transactional ids
	States      []string       // of TransactionStates, in any case of letters
	ProducerIDs []int64
	Older       time.Duration // only transactions that began longer ago (Kafka 3.8 and later)
}

// Validate finds what no cluster would take, and spells the states as Kafka does.
func (o *ListTransactionsOptions) Validate() error {
	if o.Older < 0 {
		return fmt.Errorf("%w: older than %v", ErrOptions, o.Older)
	}
	spelled := make([]string, len(o.States))
	for i, s := range o.States {
		at := slices.IndexFunc(TransactionStates(), func(known string) bool { return strings.EqualFold(known, s) })
		if at < 0 {
			return fmt.Errorf("%w %q", ErrTransactionState, s)
		}
		spelled[i] = TransactionStates()[at]
	}
	o.States = spelled
	return nil
}

// Transaction is a transactional id as a list shows it.
type Transaction struct {
	ID          string `json:"transactional_id"`
	State       string `json:"state"` // one of TransactionStates
	ProducerID  int64  `json:"producer_id"`
	Coordinator int32  `json:"coordinator"` // a broker's id
}

// ListTransactions asks all brokers for the transactional ids that they
// coordinate (KIP-664), and sorts them by name.
func ListTransactions(ctx context.Context, cl *kgo.Client, o ListTransactionsOptions) ([]Transaction, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	req := kmsg.NewPtrListTransactionsRequest()
	req.StateFilters, req.ProducerIDFilters = o.States, o.ProducerIDs
	if o.Older > 0 {
		req.DurationFilterMillis = o.Older.Milliseconds()
	}
	list := []Transaction{}
	for _, shard := range cl.RequestSharded(ctx, req) {
		if shard.Err != nil {
			return nil, fmt.Errorf("list transactions: %w", shard.Err)
		}
		resp := shard.Resp.(*kmsg.ListTransactionsResponse)
		switch err := kerr.ErrorForCode(resp.ErrorCode); {
		case err != nil:
			return nil, fmt.Errorf("list transactions of broker %d: %w", shard.Meta.NodeID, err)
		case o.Older > 0 && resp.Version < 1:
			return nil, fmt.Errorf("list transactions of broker %d by age: %w", shard.Meta.NodeID, ErrOldBroker)
		}
		for _, t := range resp.TransactionStates {
			if o.Older > 0 && t.TransactionState == TxnEmpty {
				continue // none began: Kafka takes it for one that began in 1970
			}
			if o.Match == nil || o.Match.MatchString(t.TransactionalID) {
				list = append(list, Transaction{t.TransactionalID, t.TransactionState, t.ProducerID, shard.Meta.NodeID})
			}
		}
	}
	slices.SortFunc(list, func(a, b Transaction) int { return cmp.Compare(a.ID, b.ID) })
	return list, nil
}
