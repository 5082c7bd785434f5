package admin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// ErrNoBroker is a broker id that the cluster does not have.
var ErrNoBroker = errors.New("no such broker")

// APIVersionsOptions chooses brokers.
type APIVersionsOptions struct {
	Broker *int32 // the one to ask; nil for all

	// SoftwareVersion is told to the brokers beside the name kq (KIP-511).
	SoftwareVersion string
}

// BrokerAPIs is what one broker speaks.
type BrokerAPIs struct {
	Broker    int32     `json:"broker"`
	Host      string    `json:"host"`
	Port      int32     `json:"port"`
	APIs      []API     `json:"apis"`           // by key
	Supported []Feature `json:"supported"`      // features the broker could have (KIP-584), by name
	Finalized []Feature `json:"finalized"`      // features in use in the cluster, by name
	Epoch     int64     `json:"features_epoch"` // of Finalized; -1 when it is not known
	Error     *Error    `json:"error"`          // why the broker did not answer; nil when it did
}

// API is one Kafka request and the versions of it that a broker takes.
type API struct {
	Key  int16  `json:"key"`
	Name string `json:"name"` // as in Kafka's protocol guide, "Unknown" for one that is not
	Min  int16  `json:"min"`
	Max  int16  `json:"max"`
}

// Feature is a feature and its range of levels.
type Feature struct {
	Name string `json:"feature"`
	Min  int16  `json:"min"`
	Max  int16  `json:"max"`
}

// APIVersions asks brokers, each by itself, what they speak. The result is
// sorted by broker. ErrNoBroker is the error of one that is not there.
func APIVersions(ctx context.Context, cl *kgo.Client, o APIVersionsOptions) ([]BrokerAPIs, error) {
	m, err := kadm.NewClient(cl).BrokerMetadata(fresh(ctx))
	if err != nil {
		return nil, fmt.Errorf("list brokers: %w", err)
	}
	var found []BrokerAPIs
	for _, b := range m.Brokers { // kadm sorts them by id
		if o.Broker == nil || *o.Broker == b.NodeID {
			found = append(found, BrokerAPIs{Broker: b.NodeID, Host: b.Host, Port: b.Port, Epoch: -1})
		}
	}
	if o.Broker != nil && len(found) == 0 {
		return nil, fmt.Errorf("%w: %d; there is %v", ErrNoBroker, *o.Broker, m.Brokers.NodeIDs())
	}
	var wait sync.WaitGroup
	for i := range found {
		wait.Go(func() { found[i].ask(ctx, cl, o) })
	}
	wait.Wait()
	return found, ctx.Err()
}

func (b *BrokerAPIs) ask(ctx context.Context, cl *kgo.Client, o APIVersionsOptions) {
	req := kmsg.NewPtrApiVersionsRequest()
	req.ClientSoftwareName, req.ClientSoftwareVersion = "kq", o.SoftwareVersion
	resp, err := req.RequestWith(ctx, cl.Broker(int(b.Broker)))
	if err == nil {
		err = kerr.ErrorForCode(resp.ErrorCode)
	}
	if err != nil {
		b.Error = itemError(err, "")
		return
	}
	b.Epoch = resp.FinalizedFeaturesEpoch
	for _, k := range resp.ApiKeys {
		b.APIs = append(b.APIs, API{Key: k.ApiKey, Name: kmsg.NameForKey(k.ApiKey), Min: k.MinVersion, Max: k.MaxVersion})
	}
	for _, f := range resp.SupportedFeatures {
		b.Supported = append(b.Supported, Feature{Name: f.Name, Min: f.MinVersion, Max: f.MaxVersion})
	}
	for _, f := range resp.FinalizedFeatures {
		b.Finalized = append(b.Finalized, Feature{Name: f.Name, Min: f.MinVersionLevel, Max: f.MaxVersionLevel})
	}
	slices.SortFunc(b.APIs, func(x, y API) int { return cmp.Compare(x.Key, y.Key) })
	byName := func(x, y Feature) int { return cmp.Compare(x.Name, y.Name) }
	slices.SortFunc(b.Supported, byName)
	slices.SortFunc(b.Finalized, byName)
}
