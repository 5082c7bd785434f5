package cluster

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"

	"kq/pkg/broker/internal/meta"
)

// placer spreads replicas over brokers, round robin, without regard to racks.
// The first replica of a partition, its leader, goes from broker to broker, and
// the followers are shifted against it each time all brokers have had their
// turn, so that no two brokers share all their partitions.
type placer struct {
	alive  []int32 // unfenced brokers, by id
	fenced []int32 // take followers when the others do not suffice
	start  int     // index of the first leader
	shift  int     // of followers against the leader
	placed int
}

// newPlacer starts with a random broker.
func newPlacer(img *meta.Image, r *rand.Rand) *placer {
	p := &placer{}
	for _, b := range img.Brokers() {
		if b.Fenced {
			p.fenced = append(p.fenced, b.ID)
		} else {
			p.alive = append(p.alive, b.ID)
		}
	}
	if n := len(p.alive); n > 0 {
		p.start, p.shift = r.IntN(n), r.IntN(n)
	}
	return p
}

// check refuses a replication factor that cannot be met (StripedReplicaPlacer).
func (p *placer) check(rf int) *refusal {
	switch {
	case rf <= 0:
		return refuse(kerr.InvalidReplicationFactor, fmt.Sprintf("Invalid replication factor %d: the replication factor must be positive.", rf))
	case len(p.alive) == 0:
		return refuse(kerr.InvalidReplicationFactor, "All brokers are currently fenced, or have all their log directories cordoned.")
	case rf > len(p.alive)+len(p.fenced):
		return refuse(kerr.InvalidReplicationFactor, fmt.Sprintf("The target replication factor of %d cannot be reached because only %d broker(s) are registered or some brokers have all their log directories cordoned.",
			rf, len(p.alive)+len(p.fenced)))
	}
	return nil
}

// next places one partition, the leader first. check has allowed rf.
func (p *placer) next(rf int) []int32 {
	n := len(p.alive)
	turn := p.placed % n
	if turn == 0 && p.placed > 0 {
		p.shift++
	}
	p.placed++
	first := (p.start + turn) % n
	replicas := append(make([]int32, 0, rf), p.alive[first])
	for i := range min(rf, n) - 1 {
		replicas = append(replicas, p.alive[(first+1+(p.shift+i)%(n-1))%n])
	}
	for i := range rf - len(replicas) {
		replicas = append(replicas, p.fenced[(p.start+p.placed+i)%len(p.fenced)])
	}
	return replicas
}

// partition is the record of a new partition. ok is false when none of the
// replicas can lead.
func (s *stepper) partition(topic meta.ID, id int32, replicas []int32) (r *meta.PartitionRecord, ok bool) {
	r = &meta.PartitionRecord{PartitionID: id, TopicID: topic, Replicas: replicas, Leader: -1}
	for _, b := range replicas {
		broker := s.img.Broker(b)
		r.Directories = append(r.Directories, defaultDirectory(broker))
		if broker != nil && !broker.Fenced && !broker.InControlledShutdown {
			r.ISR = append(r.ISR, b)
		}
	}
	if len(r.ISR) > 0 {
		r.Leader = r.ISR[0]
	}
	return r, len(r.ISR) > 0
}

// defaultDirectory is where a broker puts a new replica, if that is certain:
// the zero id means unassigned.
func defaultDirectory(b *meta.Broker) meta.ID {
	if b != nil && len(b.LogDirs) == 1 {
		return b.LogDirs[0]
	}
	return meta.ID{}
}

// checkReplicas refuses a replica list that a client gave for one partition. rf
// is how many there must be, 0 for any number.
func (s *stepper) checkReplicas(replicas []int32, rf int) *refusal {
	bad := func(format string, args ...any) *refusal {
		return refuse(kerr.InvalidReplicaAssignment, fmt.Sprintf("The manual partition assignment includes "+format, args...))
	}
	if len(replicas) == 0 {
		return bad("an empty replica list.")
	}
	sorted := slices.Sorted(slices.Values(replicas))
	for i, b := range sorted {
		if s.img.Broker(b) == nil {
			return bad("broker %d, but no such broker is registered.", b)
		}
		if i > 0 && sorted[i-1] == b {
			return bad("the broker %d more than once.", b)
		}
	}
	if rf > 0 && len(replicas) != rf {
		return bad("a partition with %d replica(s), but this is not consistent with previous partitions, which have %d replica(s).", len(replicas), rf)
	}
	return nil
}
