package assign

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// TaskID names a task: one partition of one sub-topology, written 0_1 as Kafka does.
type TaskID struct{ Sub, Partition int32 }

// String is the task's name, such as 0_1.
func (t TaskID) String() string {
	return strconv.Itoa(int(t.Sub)) + "_" + strconv.Itoa(int(t.Partition))
}

// MarshalText writes the task's name.
func (t TaskID) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads a task's name.
func (t *TaskID) UnmarshalText(b []byte) error {
	id, err := ParseTaskID(string(b))
	*t = id
	return err
}

// ParseTaskID reads a task's name, such as 0_1.
func ParseTaskID(s string) (TaskID, error) {
	sub, part, ok := strings.Cut(s, "_")
	a, err1 := strconv.ParseInt(sub, 10, 32)
	b, err2 := strconv.ParseInt(part, 10, 32)
	id := TaskID{int32(a), int32(b)}
	if !ok || err1 != nil || err2 != nil || a < 0 || b < 0 || id.String() != s {
		return TaskID{}, fmt.Errorf("parse task id %q: want SUBTOPOLOGY_PARTITION", s)
	}
	return id, nil
}

// Compare orders tasks by sub-topology, then partition.
func (t TaskID) Compare(o TaskID) int {
	if c := cmp.Compare(t.Sub, o.Sub); c != 0 {
		return c
	}
	return cmp.Compare(t.Partition, o.Partition)
}

func sortTasks(ts []TaskID) []TaskID {
	slices.SortFunc(ts, TaskID.Compare)
	return ts
}
