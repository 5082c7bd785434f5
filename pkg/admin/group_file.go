package admin

import (
	"bytes"
	"cmp"
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
	for _, o := range offsets {
		if o.Group != "" {
			b.WriteString(quoteCSV(o.Group) + ",")
		}
		fmt.Fprintf(&b, "%s,%d,%d\n", quoteCSV(o.Topic), o.Partition, o.Offset)
	}
	return b.String()
}

// quoteCSV makes a field of a name: groups may be called anything.
func quoteCSV(s string) string {
	if s == strings.TrimSpace(s) && !strings.ContainsAny(s, "\",") {
		return s
	}
	return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
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
	var out []GroupOffset
	for i, line := range strings.Split(string(text), "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		o, err := parseOffsetLine(line)
		if err != nil {
			return nil, fmt.Errorf("line %d%w", i+1, err)
		}
		out = append(out, o)
	}
	return out, nil
}

// parseOffsetLine reads a line. Its errors go on after "line N".
func parseOffsetLine(line string) (o GroupOffset, err error) {
	fields, err := splitCSV(line)
	if err != nil {
		return o, err
	}
	if len(fields) == 4 {
		if o.Group, fields = fields[0], fields[1:]; o.Group == "" {
			return o, errors.New(": the group is empty")
		}
	}
	if len(fields) != 3 {
		return o, fmt.Errorf(" has %d fields: it is topic,partition,offset, with the group before them or without", len(fields))
	}
	p, err := strconv.ParseInt(fields[1], 10, 32)
	if err != nil {
		return o, fmt.Errorf(": %q is no partition", fields[1])
	}
	o.Topic, o.Partition = fields[0], int32(p)
	if o.Offset, err = strconv.ParseInt(fields[2], 10, 64); err != nil {
		return o, fmt.Errorf(": %q is no offset", fields[2])
	}
	if err := o.check(); err != nil {
		return o, fmt.Errorf(": %w", err)
	}
	return o, nil
}

// splitCSV splits a line into fields, of which some may be in quotes (RFC 4180).
func splitCSV(line string) ([]string, error) {
	var fields []string
	for {
		rest, quoted := strings.CutPrefix(strings.TrimLeft(line, " \t"), `"`)
		if !quoted {
			field, more, found := strings.Cut(line, ",")
			fields = append(fields, strings.TrimSpace(field))
			if line = more; !found {
				return fields, nil
			}
			continue
		}
		var field strings.Builder
		for {
			part, more, found := strings.Cut(rest, `"`)
			if !found {
				return nil, errors.New(": a quote is not closed")
			}
			field.WriteString(part)
			if rest, found = strings.CutPrefix(more, `"`); !found { // two stand for one
				break
			}
			field.WriteByte('"')
		}
		fields = append(fields, field.String())
		rest = strings.TrimLeft(rest, " \t")
		if rest == "" {
			return fields, nil
		}
		if rest[0] != ',' {
			return nil, errors.New(": something follows a quote")
		}
		line = rest[1:]
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
