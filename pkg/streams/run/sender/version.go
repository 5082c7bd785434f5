package sender

import (
	"context"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"
)

// The last versions of requests without the meaning that transaction.version 2
// gives them: partitions and groups join a transaction by themselves, and its end
// gives a new epoch (KIP-890).
const (
	firstProduce         = 11
	firstTxnOffsetCommit = 4
	firstEndTxn          = 4
)

// TransactionVersion is the cluster's finalised transaction.version, 0 where it has none.
func TransactionVersion(ctx context.Context, cl *kgo.Client) (int16, error) {
	req := kmsg.NewPtrApiVersionsRequest()
	req.ClientSoftwareName, req.ClientSoftwareVersion = "kq", "streams"
	resp, err := req.RequestWith(ctx, cl)
	if err != nil {
		return 0, err
	}
	for _, f := range resp.FinalizedFeatures {
		if f.Name == "transaction.version" {
			return f.MaxVersionLevel, nil
		}
	}
	return 0, nil
}

// ClientOpts are for the client of a Sender on a cluster of a transaction.version:
// below 2 newer requests would mean what the cluster has not agreed on.
func ClientOpts(transactionVersion int16) []kgo.Opt {
	if transactionVersion >= 2 {
		return nil
	}
	v := kversion.Stable()
	v.SetMaxKeyVersion(int16(kmsg.Produce), firstProduce)
	v.SetMaxKeyVersion(int16(kmsg.TxnOffsetCommit), firstTxnOffsetCommit)
	v.SetMaxKeyVersion(int16(kmsg.EndTxn), firstEndTxn)
	return []kgo.Opt{kgo.MaxVersions(v)}
}
