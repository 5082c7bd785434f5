package admin

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Cluster is a cluster and its brokers.
type Cluster struct {
	ID         string   `json:"cluster_id"`
	Controller int32    `json:"controller"` // a broker's id, -1 for none
	Brokers    []Broker `json:"brokers"`    // by id
}

// Broker is a broker as the cluster names it to clients.
type Broker struct {
	ID   int32   `json:"id"`
	Host string  `json:"host"`
	Port int32   `json:"port"`
	Rack *string `json:"rack"`
}

// DescribeCluster returns the cluster's id, controller and brokers.
func DescribeCluster(ctx context.Context, cl *kgo.Client) (Cluster, error) {
	m, err := kadm.NewClient(cl).BrokerMetadata(fresh(ctx))
	if err != nil {
		return Cluster{}, fmt.Errorf("describe cluster: %w", err)
	}
	c := Cluster{ID: m.Cluster, Controller: m.Controller}
	for _, b := range m.Brokers { // kadm sorts them by id
		c.Brokers = append(c.Brokers, Broker{ID: b.NodeID, Host: b.Host, Port: b.Port, Rack: b.Rack})
	}
	return c, nil
}
