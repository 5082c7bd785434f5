package broker

import "kq/pkg/broker/internal/cluster"

// features are those of Apache Kafka 4.3 that this release honours, in the
// levels it finalizes. Data directories of earlier releases are raised to them
// when they are opened; a level never goes down.
func features() []cluster.Feature {
	return []cluster.Feature{
		{Name: "metadata.version", Min: 7, Max: cluster.MetadataVersion, Level: cluster.MetadataVersion},
		// The consumer group protocol (KIP-848).
		{Name: "group.version", Min: 0, Max: 1, Level: 1},
		// 2: the end of a transaction raises the producer's epoch, and partitions are
		// added to it by the first write (KIP-890).
		{Name: "transaction.version", Min: 0, Max: 2, Level: 2},
		// Share groups (KIP-932).
		{Name: "share.version", Min: 0, Max: 1, Level: 1},
	}
}
