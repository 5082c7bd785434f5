package interop

import (
	"fmt"
	"sort"
	"strings"
	"testing"
)

// Rows is the whole trap table, in the order of the trap list. Later work adds
// its rows in a traps_*.go file of its own.
func Rows() []Row {
	var all []Row
	for _, part := range [][]Row{
		wireRows(), metadataRows(), produceRows(), idempotenceRows(), timestampRows(), fetchRows(), offsetRows(), adminRows(), clusterAdminRows(), accountRows(), configRows(), groupRows(), consumerGroupRows(), shareGroupRows(), txnRows(), sharePartitionRows(),
	} {
		all = append(all, part...)
	}
	return all
}

// StartFunc starts a broker with settings for the length of a test and returns
// its address and node id.
type StartFunc func(t *testing.T, settings map[string]string) (addr string, node int32)

// RunTable runs rows, each in a subtest, on brokers from start: one broker for
// all rows with equal settings, one more for each Alone row. check gets each transcript.
func RunTable(t *testing.T, rows []Row, start StartFunc, check func(t *testing.T, row *Row, got []Event)) {
	groups := map[string][]*Row{}
	for i := range rows {
		key := settingsKey(rows[i].Config)
		if rows[i].Alone {
			key += "\x00" + rows[i].Name
		}
		groups[key] = append(groups[key], &rows[i])
	}
	keys := make([]string, 0, len(groups))
	for k := range groups {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		t.Run(groupName(groups[k]), func(t *testing.T) {
			addr, node := start(t, groups[k][0].Config)
			for _, row := range groups[k] {
				t.Run(row.Name, func(t *testing.T) { check(t, row, RunRow(t, row, addr, node)) })
			}
		})
	}
}

func settingsKey(settings map[string]string) string {
	var kv []string
	for k, v := range settings {
		kv = append(kv, k+"="+v)
	}
	sort.Strings(kv)
	return strings.Join(kv, ",")
}

func groupName(rows []*Row) string {
	name := settingsKey(rows[0].Config)
	if name == "" {
		name = "defaults"
	}
	if rows[0].Alone {
		name += "-alone"
	}
	return fmt.Sprintf("%s(%d)", strings.ReplaceAll(name, ",", "-"), len(rows))
}
