package task

import (
	"encoding/base64"
	"encoding/binary"
	"maps"
	"slices"
)

// Progress is the number that was committed under a name (topology.Progress).
func (t *Task) Progress(name string) (int64, bool) {
	n, ok := t.progress[name]
	return n, ok
}

// SetProgress makes a number part of the positions from now on.
func (t *Task) SetProgress(name string, n int64) {
	if t.progress == nil {
		t.progress = map[string]int64{}
	}
	t.progress[name] = n
}

// metadataVersion is that of Kafka's TopicPartitionMetadata since 3.6.
const metadataVersion = 2

// Metadata is the metadata of the position's committed offset: base64 of the
// version, the partition's time and the progress of the processors, as Kafka's
// TopicPartitionMetadata and ProcessorMetadata write them.
func (p *Position) Metadata() string {
	b := binary.BigEndian.AppendUint64([]byte{metadataVersion}, uint64(p.Time))
	if len(p.Progress) > 0 {
		b = binary.BigEndian.AppendUint32(b, uint32(len(p.Progress)))
		for _, name := range slices.Sorted(maps.Keys(p.Progress)) {
			b = append(binary.BigEndian.AppendUint32(b, uint32(len(name))), name...)
			b = binary.BigEndian.AppendUint64(b, uint64(p.Progress[name]))
		}
	}
	return base64.StdEncoding.EncodeToString(b)
}

// SetMetadata takes the time and the progress from metadata of a committed
// offset, of this version and of the one before. What is neither leaves the
// time unknown (-1).
func (p *Position) SetMetadata(metadata string) {
	p.Time, p.Progress = -1, nil
	b, err := base64.StdEncoding.DecodeString(metadata)
	if err != nil || len(b) < 9 || b[0] < 1 || b[0] > metadataVersion {
		return
	}
	p.Time = int64(binary.BigEndian.Uint64(b[1:]))
	if b[0] < metadataVersion || len(b) < 13 {
		return
	}
	count := binary.BigEndian.Uint32(b[9:])
	for b = b[13:]; count > 0 && len(b) >= 4; count-- {
		n := binary.BigEndian.Uint32(b)
		if b = b[4:]; uint64(len(b)) < uint64(n)+8 {
			return
		}
		if p.Progress == nil {
			p.Progress = map[string]int64{}
		}
		p.Progress[string(b[:n])] = int64(binary.BigEndian.Uint64(b[n:]))
		b = b[n+8:]
	}
}
