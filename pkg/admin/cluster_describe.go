package admin

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"
)

// DescribeClusterOptions chooses what to tell of a cluster.
type DescribeClusterOptions struct {
	Versions bool // also ask each broker for its version, and the features that are in force
}

// versionTime is how long a broker has to tell its version.
const versionTime = time.Second

// Cluster is a cluster and its brokers.
type Cluster struct {
	ID         string         `json:"cluster_id"`
	Controller int32          `json:"controller"` // a broker's id, -1 for none
	Brokers    []Broker       `json:"brokers"`    // by id
	Features   []FeatureLevel `json:"features"`   // by name
}

// Broker is a broker as the cluster names it to clients.
type Broker struct {
	ID      int32   `json:"id"`
	Host    string  `json:"host"`
	Port    int32   `json:"port"`
	Rack    *string `json:"rack"`
	Version string  `json:"version"` // guessed from the requests it takes, as v4.1; "" when not asked or not told
}

// FeatureLevel is a feature of the cluster and the level that is in force (KIP-584).
type FeatureLevel struct {
	Name  string `json:"feature"`
	Level int16  `json:"level"`
}

// DescribeCluster returns the cluster's id, controller and brokers.
func DescribeCluster(ctx context.Context, cl *kgo.Client, o DescribeClusterOptions) (Cluster, error) {
	m, err := kadm.NewClient(cl).BrokerMetadata(fresh(ctx))
	if err != nil {
		return Cluster{}, fmt.Errorf("describe cluster: %w", err)
	}
	c := Cluster{ID: m.Cluster, Controller: m.Controller}
	for _, b := range m.Brokers { // kadm sorts them by id
		c.Brokers = append(c.Brokers, Broker{ID: b.NodeID, Host: b.Host, Port: b.Port, Rack: b.Rack})
	}
	if o.Versions {
		c.askVersions(ctx, cl)
	}
	return c, nil
}

// askVersions fills in versions and features. A broker that does not answer has
// none, and is no reason to fail: the cluster lists it.
func (c *Cluster) askVersions(ctx context.Context, cl *kgo.Client) {
	ctx, cancel := context.WithTimeout(ctx, versionTime)
	defer cancel()
	answers := make([]*kmsg.ApiVersionsResponse, len(c.Brokers))
	var wg sync.WaitGroup
	for i, b := range c.Brokers {
		wg.Go(func() {
			req := kmsg.NewPtrApiVersionsRequest()
			req.ClientSoftwareName, req.ClientSoftwareVersion = "kq", "devel"
			if resp, err := req.RequestWith(ctx, cl.Broker(int(b.ID))); err == nil && resp.ErrorCode == 0 {
				answers[i] = resp
			}
		})
	}
	wg.Wait()
	epoch := int64(-1)
	for i, resp := range answers {
		if resp == nil {
			continue
		}
		c.Brokers[i].Version = guessVersion(resp)
		if resp.FinalizedFeaturesEpoch < epoch || resp.FinalizedFeatures == nil {
			continue
		}
		epoch, c.Features = resp.FinalizedFeaturesEpoch, nil
		for _, f := range resp.FinalizedFeatures {
			c.Features = append(c.Features, FeatureLevel{Name: f.Name, Level: f.MaxVersionLevel})
		}
	}
	slices.SortFunc(c.Features, func(a, b FeatureLevel) int { return cmp.Compare(a.Name, b.Name) })
}

// guessVersion is the release of Kafka that takes the requests a broker takes;
// "" for a broker that takes a choice of its own, which looks like a very old one.
func guessVersion(resp *kmsg.ApiVersionsResponse) string {
	guess := kversion.FromApiVersionsResponse(resp).VersionGuess()
	if strings.Contains(guess, "v0.") || !strings.Contains(guess, "v") {
		return ""
	}
	return guess
}
