package logstore

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Files of one partition's directory. A segment is the files that share a base
// offset, its name being 20 decimal digits (org.apache.kafka.storage.internals.
// log.LogFileUtils). docs/format.md holds the byte boxes.
const (
	logSuffix       = ".log"
	indexSuffix     = ".index"
	timeIndexSuffix = ".timeindex"
	txnIndexSuffix  = ".txnindex"
	snapshotSuffix  = ".snapshot"

	deletedSuffix = ".deleted" // removed after file.delete.delay.ms
	cleanedSuffix = ".cleaned" // a replacement that is being written
	swapSuffix    = ".swap"    // a complete replacement, to be renamed into place
	cutSuffix     = ".cut"     // ours: bytes that recovery or repair took out of a log
	tmpSuffix     = ".tmp"     // any file that is being written

	epochFile         = "leader-epoch-checkpoint"
	partitionMetaFile = "partition.metadata"
)

// Files of the data directory.
const (
	lockFile          = ".lock"
	cleanShutdownFile = ".kafka_cleanshutdown"
	metaFile          = "meta.properties"
	recoveryPointFile = "recovery-point-offset-checkpoint"
	logStartFile      = "log-start-offset-checkpoint"
	highWatermarkFile = "replication-offset-checkpoint"
	cleanedFile       = "cleaner-offset-checkpoint"

	deleteDirSuffix = "-delete"
	strayDirSuffix  = "-stray"
	futureDirSuffix = "-future"
	maxDirName      = 255
)

const (
	indexEntrySize     = 8  // u32 relative offset, u32 position
	timeIndexEntrySize = 12 // i64 timestamp, u32 relative offset
	txnIndexEntrySize  = 34 // i16 version, i64 producer, first, last, last stable offset
	snapshotHeaderSize = 10 // i16 version, u32 crc, i32 count
	snapshotEntrySize  = 46
	windowEntrySize    = 32 // ours, see snapshot.go

	noTimestamp = -1
	noEpoch     = -1
	noOffset    = -1
)

// maxRelative is the largest distance of an offset from its segment's base, as
// index entries are signed 32-bit numbers to Kafka.
const maxRelative = math.MaxInt32

// TopicPartition names a partition.
type TopicPartition struct {
	Topic     string
	Partition int32
}

// String is the name of the partition's directory: topic-partition.
func (tp TopicPartition) String() string {
	return tp.Topic + "-" + strconv.FormatInt(int64(tp.Partition), 10)
}

func compareTP(a, b TopicPartition) int {
	if c := strings.Compare(a.Topic, b.Topic); c != 0 {
		return c
	}
	return int(a.Partition) - int(b.Partition)
}

// segmentName is the file of the segment at base with the given suffix.
func segmentName(base int64, suffix string) string {
	return fmt.Sprintf("%020d%s", base, suffix)
}

// parseSegmentName splits "00000000000000000042.log" into 42 and ".log".
func parseSegmentName(name string) (base int64, suffix string, ok bool) {
	const digits = 20
	if len(name) <= digits || name[digits] != '.' {
		return 0, "", false
	}
	for _, c := range []byte(name[:digits]) {
		if c < '0' || c > '9' {
			return 0, "", false
		}
	}
	base, err := strconv.ParseInt(name[:digits], 10, 64)
	if err != nil {
		return 0, "", false
	}
	return base, name[digits:], true
}

// ParseDirName reads the name of a partition's directory. The mark is empty for
// a live one, and "-delete", "-stray" or "-future" for <topic>-<p>.<id><mark>.
func ParseDirName(name string) (tp TopicPartition, mark string, ok bool) {
	for _, m := range []string{deleteDirSuffix, strayDirSuffix, futureDirSuffix} {
		rest, found := strings.CutSuffix(name, m)
		if !found {
			continue
		}
		if dot := strings.LastIndexByte(rest, '.'); dot > 0 && dot < len(rest)-1 {
			name, mark = rest[:dot], m
			break
		}
	}
	dash := strings.LastIndexByte(name, '-')
	if dash <= 0 {
		return TopicPartition{}, "", false
	}
	num := name[dash+1:]
	p, err := strconv.ParseInt(num, 10, 32)
	if err != nil || p < 0 || num != strconv.FormatInt(p, 10) {
		return TopicPartition{}, "", false
	}
	return TopicPartition{Topic: name[:dash], Partition: int32(p)}, mark, true
}

// markedDirName is the name a directory takes when it leaves the live set:
// unique, and cut to what file systems allow (LocalLog.logDeleteDirName).
func markedDirName(tp TopicPartition, mark string) string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails, see crypto/rand
	tail := "-" + strconv.FormatInt(int64(tp.Partition), 10) + "." + hex.EncodeToString(id[:]) + mark
	return tp.Topic[:min(len(tp.Topic), maxDirName-len(tail))] + tail
}
