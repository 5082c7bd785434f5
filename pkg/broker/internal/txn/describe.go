package txn

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// DescribeTransactions answers DescribeTransactions 0.
func (c *Coordinator) DescribeTransactions(q *kmsg.DescribeTransactionsRequest) *kmsg.DescribeTransactionsResponse {
	resp := kmsg.NewPtrDescribeTransactionsResponse()
	resp.Version = q.Version
	for _, id := range q.TransactionalIDs {
		resp.TransactionStates = append(resp.TransactionStates, c.describe(id))
	}
	return resp
}

func (c *Coordinator) describe(id string) kmsg.DescribeTransactionsResponseTransactionState {
	st := kmsg.NewDescribeTransactionsResponseTransactionState()
	st.TransactionalID = id
	if id == "" {
		st.ErrorCode = kerr.InvalidRequest.Code
		return st
	}
	sh, code := c.shardOf(id)
	if st.ErrorCode = code; code != 0 {
		return st
	}
	sh.do(func(w *work) {
		o, code := w.owner(id, kerr.TransactionalIDNotFound.Code)
		if st.ErrorCode = code; code != 0 {
			return
		}
		t := o.machine.Txn()
		st.ProducerID, st.ProducerEpoch, st.State = t.ProducerID, t.Epoch, t.State.String()
		st.TimeoutMillis, st.StartTimestamp = t.TimeoutMs, t.StartMs
		parts := t.Partitions
		if t.State.prepared() && o.busy != nil {
			parts = o.busy.left // as Kafka: those that are not done
		}
		for _, p := range parts {
			if n := len(st.Topics); n == 0 || st.Topics[n-1].Topic != p.Topic {
				rt := kmsg.NewDescribeTransactionsResponseTransactionStateTopic()
				rt.Topic = p.Topic
				st.Topics = append(st.Topics, rt)
			}
			last := &st.Topics[len(st.Topics)-1]
			last.Partitions = append(last.Partitions, p.Index)
		}
	})
	return st
}

// ListTransactions answers ListTransactions 0-2: by id, filtered by state and
// producer id, since version 1 by how long the transaction goes on (KIP-994),
// since version 2 by a regular expression (RE2) on all of the transactional id
// (KIP-1152).
func (c *Coordinator) ListTransactions(q *kmsg.ListTransactionsRequest) *kmsg.ListTransactionsResponse {
	resp := kmsg.NewPtrListTransactionsResponse()
	resp.Version = q.Version
	f, err := newFilter(q)
	if err != nil {
		c.o.Logger.Debug("transactions are not listed", "err", err)
		resp.ErrorCode = kerr.InvalidRegularExpression.Code
		return resp
	}
	for _, name := range q.StateFilters {
		if !slices.Contains(stateNames(), name) && !slices.Contains(resp.UnknownStateFilters, name) {
			resp.UnknownStateFilters = append(resp.UnknownStateFilters, name)
		}
	}
	for _, sh := range c.shards.All() {
		switch sh.code() {
		case 0:
		case kerr.CoordinatorLoadInProgress.Code:
			out := kmsg.NewPtrListTransactionsResponse()
			out.Version, out.ErrorCode = q.Version, kerr.CoordinatorLoadInProgress.Code
			return out
		default:
			continue
		}
		nowMs := c.nowMs()
		sh.do(func(*work) {
			for id, o := range sh.ids {
				if t := o.machine.Txn(); t.Epoch != none && f.match(id, t, nowMs) {
					st := kmsg.NewListTransactionsResponseTransactionState()
					st.TransactionalID, st.ProducerID, st.TransactionState = id, t.ProducerID, t.State.String()
					resp.TransactionStates = append(resp.TransactionStates, st)
				}
			}
		})
	}
	slices.SortFunc(resp.TransactionStates, func(a, b kmsg.ListTransactionsResponseTransactionState) int {
		return strings.Compare(a.TransactionalID, b.TransactionalID)
	})
	return resp
}

// filter is what ListTransactions asks for.
type filter struct {
	producerIDs []int64
	states      []string
	durationMs  int64 // negative: any
	pattern     *regexp.Regexp
}

func newFilter(q *kmsg.ListTransactionsRequest) (filter, error) {
	f := filter{producerIDs: q.ProducerIDFilters, states: q.StateFilters, durationMs: -1}
	if q.Version >= 1 {
		f.durationMs = q.DurationFilterMillis
	}
	if q.Version >= 2 && q.TransactionalIDPattern != nil && *q.TransactionalIDPattern != "" {
		if _, err := regexp.Compile(*q.TransactionalIDPattern); err != nil {
			return f, fmt.Errorf("transactional id pattern: %w", err)
		}
		var err error
		if f.pattern, err = regexp.Compile(`\A(?:` + *q.TransactionalIDPattern + `)\z`); err != nil {
			return f, fmt.Errorf("transactional id pattern: %w", err)
		}
	}
	return f, nil
}

// match is shouldInclude of TransactionStateManager. An id without a transaction
// goes on since ever.
func (f *filter) match(id string, t *Txn, nowMs int64) bool {
	switch {
	case len(f.producerIDs) > 0 && !slices.Contains(f.producerIDs, t.ProducerID):
		return false
	case len(f.states) > 0 && !slices.Contains(f.states, t.State.String()):
		return false
	case f.durationMs >= 0 && nowMs-t.StartMs <= f.durationMs:
		return false
	}
	return f.pattern == nil || f.pattern.MatchString(id)
}
