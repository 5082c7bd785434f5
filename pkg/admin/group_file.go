package admin

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// GroupOffset is a committed offset.
type GroupOffset struct {
	Group       string `json:"group,omitempty"` // empty where one group is meant anyway
	Topic       string `json:"topic"`
	Partition   int32  `json:"partition"`
	Offset      int64  `json:"offset"`
	LeaderEpoch *int32 `json:"leader_epoch,omitempty"` // not in CSV
	Metadata    string `json:"metadata,omitempty"`     // not in CSV
}

// ErrOffsetFile is a file of offsets that cannot be read.
var ErrOffsetFile = errors.New("not a file of offsets")

// FormatOffsets writes offsets as kafka-consumer-groups --export does: lines of
// topic,partition,offset, with the group before them where it is set.
func FormatOffsets(offsets []GroupOffset) string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	for _, o := range offsets {
		line := []string{o.Topic, strconv.Itoa(int(o.Partition)), strconv.FormatInt(o.Offset, 10)}
		if o.Group != "" {
			line = append([]string{o.Group}, line...)
		}
		_ = w.Write(line) // a Builder takes everything
	}
	w.Flush()
	return b.String()
}

// ParseOffsets reads what FormatOffsets writes, what kafka-consumer-groups
// exports, or a JSON list of GroupOffset. The error is ErrOffsetFile and names
// the line.
func ParseOffsets(text []byte) ([]GroupOffset, error) {
	if !utf8.Valid(text) {
		return nil, fmt.Errorf("%w: it is not UTF-8", ErrOffsetFile)
	}
	var out []GroupOffset
	var err error
	if t := bytes.TrimSpace(text); len(t) > 0 && t[0] == '[' {
		out, err = parseOffsetsJSON(t)
	} else {
		out, err = parseOffsetsCSV(text)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOffsetFile, err)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%w: it has no offsets", ErrOffsetFile)
	}
	type key struct {
		group string
		place placeKey
	}
	seen := map[key]bool{}
	for _, o := range out {
		k := key{o.Group, placeKey{o.Topic, o.Partition}}
		if seen[k] {
			return nil, fmt.Errorf("%w: %s partition %d is there twice", ErrOffsetFile, o.Topic, o.Partition)
		}
		seen[k] = true
	}
	return out, nil
}

func parseOffsetsJSON(text []byte) ([]GroupOffset, error) {
	type given struct {
		GroupOffset
		Partition *int32 `json:"partition"`
		Offset    *int64 `json:"offset"`
	}
	var list []given
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&list); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is something after the list")
	}
	out := make([]GroupOffset, len(list))
	for i, g := range list {
		if g.Partition == nil || g.Offset == nil {
			return nil, fmt.Errorf("element %d has no partition or no offset", i)
		}
		out[i] = g.GroupOffset
		out[i].Partition, out[i].Offset = *g.Partition, *g.Offset
		if err := out[i].check(); err != nil {
			return nil, fmt.Errorf("element %d: %w", i, err)
		}
	}
	return out, nil
}

func parseOffsetsCSV(text []byte) ([]GroupOffset, error) {
	r := csv.NewReader(bytes.NewReader(text))
	r.FieldsPerRecord, r.TrimLeadingSpace = -1, true
	var out []GroupOffset
	for {
		fields, err := r.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		line, _ := r.FieldPos(0)
		o := GroupOffset{}
		if len(fields) == 4 {
			o.Group, fields = fields[0], fields[1:]
			if o.Group == "" {
				return nil, fmt.Errorf("line %d: the group is empty", line)
			}
		}
		if len(fields) != 3 {
			return nil, fmt.Errorf("line %d has %d fields: it is topic,partition,offset, with the group before them or without", line, len(fields))
		}
		o.Topic = fields[0]
		p, err := strconv.ParseInt(strings.TrimSpace(fields[1]), 10, 32)
		if err != nil {
			return nil, fmt.Errorf("line %d: %q is no partition", line, fields[1])
		}
		o.Partition = int32(p)
		if o.Offset, err = strconv.ParseInt(strings.TrimSpace(fields[2]), 10, 64); err != nil {
			return nil, fmt.Errorf("line %d: %q is no offset", line, fields[2])
		}
		if err := o.check(); err != nil {
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		out = append(out, o)
	}
}

func (o *GroupOffset) check() error {
	switch {
	case o.Topic == "":
		return errors.New("the topic is empty")
	case o.Partition < 0:
		return fmt.Errorf("partition %d: the first is 0", o.Partition)
	case o.Offset < 0:
		return fmt.Errorf("offset %d: the first is 0", o.Offset)
	}
	return nil
}

func sortOffsets(list []GroupOffset) {
	slices.SortFunc(list, func(a, b GroupOffset) int {
		return cmp.Or(cmp.Compare(a.Group, b.Group), placeKey{a.Topic, a.Partition}.compare(placeKey{b.Topic, b.Partition}))
	})
}
