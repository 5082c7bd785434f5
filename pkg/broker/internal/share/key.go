package share

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"kq/internal/staterec"
	"kq/pkg/broker/internal/meta"
)

// Key names a share partition: a partition of a topic as a group sees it.
type Key struct {
	Group     string
	TopicID   meta.ID
	Partition int32
}

// String is the key as it is hashed to a partition of __share_group_state and as
// FindCoordinator takes it, group:topic id:partition (SharePartitionKey.asCoordinatorKey).
func (k Key) String() string {
	return k.Group + ":" + meta.FormatID(k.TopicID) + ":" + strconv.Itoa(int(k.Partition))
}

// errKey is wrapped by errors of ParseKey.
var errKey = errors.New("not group:topic id:partition")

// ParseKey reads what FindCoordinator was given (SharePartitionKey.getInstance).
// The group may hold colons.
func ParseKey(s string) (Key, error) {
	fail := func(why string) (Key, error) {
		return Key{}, fmt.Errorf("parse share coordinator key %q: %w: %s", s, errKey, why)
	}
	parts := strings.Split(strings.TrimRight(s, ":"), ":")
	n := len(parts)
	if n < 3 {
		return fail("fewer than three parts")
	}
	k := Key{Group: strings.Join(parts[:n-2], ":")}
	if strings.TrimSpace(k.Group) == "" {
		return fail("no group")
	}
	id, err := meta.ParseID(parts[n-2])
	if err != nil {
		return fail("no topic id")
	}
	p, err := strconv.ParseInt(parts[n-1], 10, 32)
	if err != nil {
		return fail("no partition")
	}
	k.TopicID, k.Partition = id, int32(p)
	return k, nil
}

// record is the key of one of the share partition's records.
func (k Key) record(kind staterec.ShareStateKind) []byte {
	return staterec.ShareStateKey{Kind: kind, Group: k.Group, TopicID: k.TopicID, Partition: k.Partition}.Append(nil)
}
