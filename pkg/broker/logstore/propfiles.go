package logstore

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// MetaProperties is the meta.properties file of a data directory, version 1
// (org.apache.kafka.metadata.properties.MetaProperties).
type MetaProperties struct {
	ClusterID   string
	NodeID      int32
	DirectoryID string // 22 characters; may be empty
}

// encode writes what java.util.Properties.store writes for these keys: an empty
// comment, the date, the keys in the order of Java's hash table.
func (m MetaProperties) encode(now time.Time) []byte {
	var b bytes.Buffer
	b.WriteString("#\n#" + now.Format("Mon Jan 02 15:04:05 MST 2006") + "\n")
	fmt.Fprintf(&b, "node.id=%d\n", m.NodeID)
	if m.DirectoryID != "" {
		b.WriteString("directory.id=" + escapeProperty(m.DirectoryID) + "\n")
	}
	b.WriteString("version=1\n")
	b.WriteString("cluster.id=" + escapeProperty(m.ClusterID) + "\n")
	return b.Bytes()
}

// parseMetaProperties also reads version 0, which has broker.id.
func parseMetaProperties(p []byte) (MetaProperties, error) {
	if !utf8.Valid(p) {
		return MetaProperties{}, fmt.Errorf("%w: meta.properties is not text", ErrCorrupt)
	}
	props, err := parseProperties(string(p))
	if err != nil {
		return MetaProperties{}, err
	}
	m := MetaProperties{ClusterID: props["cluster.id"], DirectoryID: props["directory.id"]}
	idKey := "node.id"
	switch v := props["version"]; v {
	case "1":
	case "", "0":
		idKey = "broker.id"
	default:
		return MetaProperties{}, fmt.Errorf("%w: meta.properties has version %.20q", ErrCorrupt, v)
	}
	id, err := strconv.ParseInt(props[idKey], 10, 32)
	if err != nil {
		return MetaProperties{}, fmt.Errorf("%w: meta.properties has %s %.20q", ErrCorrupt, idKey, props[idKey])
	}
	m.NodeID = int32(id)
	if m.ClusterID == "" {
		return MetaProperties{}, fmt.Errorf("%w: meta.properties has no cluster.id", ErrCorrupt)
	}
	return m, nil
}

// escapeProperty escapes a value as java.util.Properties does.
func escapeProperty(v string) string {
	var b strings.Builder
	for i, r := range v {
		switch r {
		case ' ':
			if i == 0 {
				b.WriteByte('\\')
			}
		case '\\', '=', ':', '#', '!':
			b.WriteByte('\\')
		case '\t', '\n', '\r', '\f':
			b.WriteByte('\\')
			r = map[rune]rune{'\t': 't', '\n': 'n', '\r': 'r', '\f': 'f'}[r]
		}
		b.WriteRune(r)
	}
	return b.String()
}

// parseProperties reads the lines that Properties.store can write: no
// continuations. Keys and values are unescaped.
func parseProperties(text string) (map[string]string, error) {
	props := map[string]string{}
	for line := range strings.Lines(text) {
		line = strings.TrimLeft(strings.TrimRight(line, "\r\n"), " \t\f")
		if line == "" || line[0] == '#' || line[0] == '!' {
			continue
		}
		end := 0
		for end < len(line) && !strings.ContainsRune("=: \t", rune(line[end])) {
			if line[end] == '\\' {
				end++
			}
			end++
		}
		end = min(end, len(line))
		rest := strings.TrimLeft(line[end:], " \t")
		if rest != "" && (rest[0] == '=' || rest[0] == ':') {
			rest = strings.TrimLeft(rest[1:], " \t")
		}
		key, err1 := unescapeProperty(line[:end])
		value, err2 := unescapeProperty(rest)
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
		props[key] = value
	}
	return props, nil
}

func unescapeProperty(s string) (string, error) {
	if !strings.Contains(s, `\`) {
		return s, nil
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			b.WriteByte(s[i])
			continue
		}
		i++
		if i == len(s) {
			return "", fmt.Errorf("%w: property line continues", ErrCorrupt)
		}
		switch c := s[i]; c {
		case 't', 'n', 'r', 'f':
			b.WriteByte(map[byte]byte{'t': '\t', 'n': '\n', 'r': '\r', 'f': '\f'}[c])
		case 'u':
			if len(s) < i+5 {
				return "", fmt.Errorf("%w: bad unicode escape", ErrCorrupt)
			}
			r, err := strconv.ParseUint(s[i+1:i+5], 16, 16)
			if err != nil {
				return "", fmt.Errorf("%w: bad unicode escape", ErrCorrupt)
			}
			b.WriteRune(rune(r))
			i += 4
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), nil
}

// encodePartitionMetadata writes partition.metadata (PartitionMetadata): no
// newline at the end.
func encodePartitionMetadata(topicID [16]byte) []byte {
	return []byte("version: 0\ntopic_id: " + uuidString(topicID))
}

func parsePartitionMetadata(p []byte) (topicID [16]byte, err error) {
	version, rest, ok := strings.Cut(string(p), "\n")
	_, v, ok2 := strings.Cut(version, ": ")
	if n, err := strconv.Atoi(strings.TrimSpace(v)); !ok || !ok2 || err != nil || n < 0 {
		return topicID, fmt.Errorf("%w: partition.metadata begins with %.40q", ErrCorrupt, version)
	}
	line, _, _ := strings.Cut(rest, "\n")
	_, id, ok := strings.Cut(line, ": ")
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimSpace(id))
	if !ok || err != nil || len(raw) != len(topicID) || [16]byte(raw) == topicID {
		return topicID, fmt.Errorf("%w: partition.metadata has %.60q", ErrCorrupt, line)
	}
	return [16]byte(raw), nil
}

// uuidString is the 22 characters of org.apache.kafka.common.Uuid.
func uuidString(id [16]byte) string { return base64.RawURLEncoding.EncodeToString(id[:]) }

// encodeCleanShutdown writes .kafka_cleanshutdown (CleanShutdownFileHandler).
func encodeCleanShutdown(brokerEpoch int64) []byte {
	return fmt.Appendf(nil, `{"version":0,"brokerEpoch":%d}`, brokerEpoch)
}

// parseCleanShutdown gives the broker epoch, -1 where the file has none: what
// counts is that the file is there.
func parseCleanShutdown(p []byte) int64 {
	var c struct {
		BrokerEpoch *int64 `json:"brokerEpoch"`
	}
	if err := json.Unmarshal(p, &c); err != nil || c.BrokerEpoch == nil {
		return -1
	}
	return *c.BrokerEpoch
}
