package txn

import "strings"

// tableText is what each event does in each state, as Apache Kafka 4.3.1 does it:
// a line with a state, and behind it lines with an event and its effects. An event
// that is not listed does nothing.
//
// "wait 51" waits for the transition under way, and is CONCURRENT_TRANSACTIONS
// for those who do not. A state is written as: name, producer id/epoch, the epoch
// before, the id that takes over, the partitions.
const tableText = `
new
  add nobody | abort0 nobody | abort2 nobody: 49
  abort0 | abort2 e4 | abort2 last, id | abort2 | add e4 | add e6: 49
  add other | add same | add | commit0 e4 | commit0 e6 | commit0 other: 49
  commit0 | commit2 e3 | commit2 e4 | commit2 e6 | commit2 last, id | commit2 last: 49
  commit2 other | commit2: 49
  init e3 | init e4 | init e5 | init last | init other | init, fresh: Empty 99/0
  init: id?
Empty
  add nobody | abort0 nobody | abort2 nobody: 49
  abort0 | commit0 | commit2: 48
  abort2 e4 | abort2 last, id | add e4 | add e6 | commit0 e4 | commit0 e6: 90
  commit2 e3 | commit2 e4 | commit2 e6 | commit2 last, id | commit2 last | init e3: 90
  init e4 | init last | init other: 90
  abort2: PrepareAbort 7/6 last 5
  add other | commit0 other | commit2 other: 49
  add same: Ongoing 7/5 [{t 0}]
  add: Ongoing 7/5 [{t 0} {u 1}]
  expired: delete
  init e5: Empty 7/6 last 5
  init, fresh | init: Empty 7/6
Empty retried
  add nobody | abort0 nobody | abort2 nobody: 49
  abort0 | commit0 | commit2: 48
  abort2 e4 | abort2 last, id | add e4 | add e6 | commit0 e4 | commit0 e6: 90
  commit2 e3 | commit2 e4 | commit2 e6 | commit2 last, id | commit2 last | init e3: 90
  init last | init other: 90
  abort2: PrepareAbort 7/6 last 5
  add other | commit0 other | commit2 other: 49
  add same: Ongoing 7/5 last 4 [{t 0}]
  add: Ongoing 7/5 last 4 [{t 0} {u 1}]
  expired: delete
  init e4: Empty 7/5 last 4
  init e5: Empty 7/6 last 5
  init, fresh | init: Empty 7/6
Empty last
  add nobody | abort0 nobody | abort2 nobody: 49
  abort0 | abort2 e4 | abort2 | add e4 | add e6 | add same: 90
  add | commit0 e4 | commit0 e6 | commit0 | commit2 e3 | commit2 e4: 90
  commit2 e6 | commit2 | init e3 | init e4 | init e5 | init other: 90
  abort2 last, id: PrepareAbort 7/32767 last 32766 next 99
  add other | commit0 other | commit2 other: 49
  commit2 last, id | commit2 last: 48
  expired: delete
  init last: Empty 99/0 last 32766
  init, fresh: Empty 99/0
  init: id?
Ongoing
  add nobody | abort0 nobody | abort2 nobody: 49
  abort0: PrepareAbort 7/5 [{t 0}]
  abort2 e4 | abort2 last, id | add e4 | add e6 | commit0 e4 | commit0 e6: 90
  commit2 e3 | commit2 e4 | commit2 e6 | commit2 last, id | commit2 last | init other: 90
  abort2 | timed out, id | timed out: PrepareAbort 7/6 last 5 [{t 0}]
  add other | commit0 other | commit2 other: 49
  add same: 0
  add: Ongoing 7/5 [{t 0} {u 1}]
  commit0: PrepareCommit 7/5 [{t 0}]
  commit2: PrepareCommit 7/6 last 5 [{t 0}]
  init e3 | init e4 | init e5 | init last | init, fresh | init: PrepareAbort 7/6 last 5 [{t 0}]; again
Ongoing last
  add nobody | abort0 nobody | abort2 nobody: 49
  abort0 | abort2 e4 | abort2 | add e4 | add e6 | add same: 90
  add | commit0 e4 | commit0 e6 | commit0 | commit2 e3 | commit2 e4: 90
  commit2 e6 | commit2 | init other: 90
  abort2 last, id | timed out, id: PrepareAbort 7/32767 last 32766 next 99 [{t 0}]
  add other | commit0 other | commit2 other: 49
  commit2 last, id: PrepareCommit 7/32767 last 32766 next 99 [{t 0}]
  commit2 last | init | timed out: id?
  init e3 | init e4 | init e5 | init last | init, fresh: PrepareAbort 7/32767 last 32766 next 99 [{t 0}]; again
PrepareCommit
  add nobody | abort2 nobody: wait 51
  abort0 nobody: 49
  abort0 | abort2 e4 | abort2 last, id | abort2 | add e4 | add e6: wait 51
  add other | add same | add | commit0 | commit2 e3 | commit2 e4: wait 51
  commit2 e6 | commit2 last, id | commit2 last | commit2 other | commit2 | init e3: wait 51
  init e4 | init e5 | init last | init other | init, fresh | init: wait 51
  commit0 e4 | commit0 e6: 90
  commit0 other: 49
  marked: CompleteCommit 7/5
PrepareAbort
  add nobody | abort2 nobody: wait 51
  abort0 nobody: 49
  abort0 | abort2 e4 | abort2 last, id | abort2 | add e4 | add e6: wait 51
  add other | add same | add | commit0 | commit2 e3 | commit2 e4: wait 51
  commit2 e6 | commit2 last, id | commit2 last | commit2 other | commit2 | init e3: wait 51
  init e4 | init e5 | init last | init other | init, fresh | init: wait 51
  commit0 e4 | commit0 e6: 90
  commit0 other: 49
  marked: CompleteAbort 7/5
PrepareCommit last
  add nobody | abort2 nobody: wait 51
  abort0 nobody: 49
  abort0 | commit0 e4 | commit0 e6 | commit0: 90
  abort2 e4 | abort2 last, id | abort2 | add e4 | add e6 | add other: wait 51
  add same | add | commit2 e3 | commit2 e4 | commit2 e6 | commit2 last, id: wait 51
  commit2 last | commit2 other | commit2 | init e3 | init e4 | init e5: wait 51
  init last | init other | init, fresh | init: wait 51
  commit0 other: 49
  marked: CompleteCommit 99/0 last 32766
CompleteCommit
  add nobody | abort0 nobody | abort2 nobody: 49
  abort0 | abort2 e4 | commit2: 48
  abort2 last, id | add e4 | add e6 | commit0 e4 | commit0 e6 | commit2 e3: 90
  commit2 e6 | commit2 last, id | commit2 last | init e3 | init last | init other: 90
  abort2: PrepareAbort 7/6 last 5
  add other | commit0 other | commit2 other: 49
  add same: Ongoing 7/5 last 4 [{t 0}]
  add: Ongoing 7/5 last 4 [{t 0} {u 1}]
  commit0: 0
  commit2 e4: 0 7/5
  expired: delete
  init e4: Empty 7/5 last 4
  init e5: Empty 7/6 last 5
  init, fresh | init: Empty 7/6
CompleteAbort
  add nobody | abort0 nobody | abort2 nobody: 49
  abort0: 0
  abort2 e4: 0 7/5
  abort2 last, id | add e4 | add e6 | commit0 e4 | commit0 e6 | commit2 e3: 90
  commit2 e6 | commit2 last, id | commit2 last | init e3 | init e4 | init last: 90
  init other: 90
  abort2: PrepareAbort 7/6 last 5
  add other | commit0 other | commit2 other: 49
  add same: Ongoing 7/5 [{t 0}]
  add: Ongoing 7/5 [{t 0} {u 1}]
  commit0 | commit2 e4 | commit2: 48
  expired: delete
  init e5: Empty 7/6 last 5
  init, fresh | init: Empty 7/6
CompleteCommit replaced
  add nobody | abort0 nobody | abort2 nobody: 49
  abort0 | abort2 e4 | abort2 | add e4 | add e6 | add other: 49
  add same | add | commit0 e4 | commit0 e6 | commit0 other | commit0: 49
  commit2 e3 | commit2 e4 | commit2 e6 | commit2 other | commit2: 49
  abort2 last, id: 48
  commit2 last, id | commit2 last: 0 99/0
  expired: delete
  init e3 | init e4 | init e5 | init other: 90
  init last: Empty 99/0 last 32766
  init, fresh | init: Empty 99/1
`

// table is tableText by state and event.
func table() map[string]map[string]string {
	all := make(map[string]map[string]string)
	var rows map[string]string
	for line := range strings.Lines(tableText) {
		line = strings.TrimSuffix(line, "\n")
		names, effects, ok := strings.Cut(strings.TrimSpace(line), ": ")
		if !ok {
			rows = make(map[string]string)
			all[line] = rows
			continue
		}
		for name := range strings.SplitSeq(names, " | ") {
			rows[name] = effects
		}
	}
	delete(all, "")
	return all
}
