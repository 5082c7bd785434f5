package run

import (
	"encoding/base64"
	"encoding/binary"
)

// positionMetadata is the metadata of a committed offset: Kafka's
// TopicPartitionMetadata, base64 of 2, the partition time and the processors'
// metadata, which is empty here.
func positionMetadata(partitionTime int64) string {
	b := binary.BigEndian.AppendUint64([]byte{2}, uint64(partitionTime))
	return base64.StdEncoding.EncodeToString(b)
}

// partitionTime reads positionMetadata, of this version and of the one before,
// and what a JVM application wrote; -1 where there is none.
func partitionTime(metadata string) int64 {
	b, err := base64.StdEncoding.DecodeString(metadata)
	if err != nil || len(b) < 9 || (b[0] != 1 && b[0] != 2) {
		return -1
	}
	return int64(binary.BigEndian.Uint64(b[1:]))
}
