package logstore

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Checkpoint files are text: the version 0, the number of entries, an entry a
// line (org.apache.kafka.server.common.CheckpointFile).

func encodeCheckpoint(lines []string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "0\n%d\n", len(lines))
	for _, l := range lines {
		b.WriteString(l)
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// parseCheckpoint gives the fields of each entry. An empty file has none. The
// newline at the end is required: without it a torn file could pass.
func parseCheckpoint(p []byte) ([][]string, error) {
	if len(p) == 0 {
		return nil, nil
	}
	text, ok := strings.CutSuffix(string(p), "\n")
	if !ok {
		return nil, fmt.Errorf("%w: checkpoint ends inside a line", ErrCorrupt)
	}
	lines := strings.Split(text, "\n")
	if lines[0] != "0" {
		return nil, fmt.Errorf("%w: checkpoint version %.20q", ErrCorrupt, lines[0])
	}
	if len(lines) == 1 {
		return nil, nil
	}
	if n, err := strconv.Atoi(lines[1]); err != nil || n != len(lines)-2 {
		return nil, fmt.Errorf("%w: checkpoint says %.20q entries and has %d", ErrCorrupt, lines[1], len(lines)-2)
	}
	entries := make([][]string, 0, len(lines)-2)
	for _, l := range lines[2:] {
		entries = append(entries, strings.Fields(l))
	}
	return entries, nil
}

// offsets is a map of one of the three *-checkpoint files of a data directory
// (OffsetCheckpointFile).
type offsets map[TopicPartition]int64

// encode writes the entries sorted, so that equal maps are equal files.
func (o offsets) encode() []byte {
	lines := make([]string, 0, len(o))
	for _, tp := range slices.SortedFunc(maps.Keys(o), compareTP) {
		lines = append(lines, fmt.Sprintf("%s %d %d", tp.Topic, tp.Partition, o[tp]))
	}
	return encodeCheckpoint(lines)
}

func parseOffsets(p []byte) (offsets, error) {
	lines, err := parseCheckpoint(p)
	if err != nil {
		return nil, err
	}
	o := make(offsets, len(lines))
	for _, f := range lines {
		if len(f) != 3 {
			return nil, fmt.Errorf("%w: offset line has %d fields", ErrCorrupt, len(f))
		}
		p, err1 := strconv.ParseInt(f[1], 10, 32)
		off, err2 := strconv.ParseInt(f[2], 10, 64)
		if err1 != nil || err2 != nil || p < 0 || off < 0 {
			return nil, fmt.Errorf("%w: offset line %.300q", ErrCorrupt, strings.Join(f, " "))
		}
		o[TopicPartition{f[0], int32(p)}] = off
	}
	return o, nil
}
