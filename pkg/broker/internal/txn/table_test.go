package txn

// table is what each event does in each state, as Apache Kafka 4.3.1 does it. An
// event that is not listed does nothing.
//
// "wait 51" waits for the transition under way, and is CONCURRENT_TRANSACTIONS
// for those who do not. A state is written as: name, producer id/epoch, the epoch
// before, the id that takes over, the partitions.
func table() map[string]map[string]string {
	return map[string]map[string]string{
		"new": {
			"abort0": "49", "abort2 e4": "49", "abort2 last, id": "49", "abort2": "49", "add e4": "49", "add e6": "49",
			"add other": "49", "add same": "49", "add": "49", "commit0 e4": "49", "commit0 e6": "49",
			"commit0 other": "49", "commit0": "49", "commit2 e3": "49", "commit2 e4": "49", "commit2 e6": "49",
			"commit2 last, id": "49", "commit2 last": "49", "commit2 other": "49", "commit2": "49",
			"init e3": "Empty 99/0", "init e4": "Empty 99/0", "init e5": "Empty 99/0", "init last": "Empty 99/0",
			"init other": "Empty 99/0", "init, fresh": "Empty 99/0", "init": "id?",
		},
		"Empty": {
			"abort0": "48", "abort2 e4": "90", "abort2 last, id": "90", "abort2": "PrepareAbort 7/6 last 5",
			"add e4": "90", "add e6": "90", "add other": "49", "add same": "Ongoing 7/5 [{t 0}]",
			"add": "Ongoing 7/5 [{t 0} {u 1}]", "commit0 e4": "90", "commit0 e6": "90", "commit0 other": "49",
			"commit0": "48", "commit2 e3": "90", "commit2 e4": "90", "commit2 e6": "90", "commit2 last, id": "90",
			"commit2 last": "90", "commit2 other": "49", "commit2": "48", "expired": "delete", "init e3": "90",
			"init e4": "90", "init e5": "Empty 7/6 last 5", "init last": "90", "init other": "90",
			"init, fresh": "Empty 7/6", "init": "Empty 7/6",
		},
		"Empty retried": {
			"abort0": "48", "abort2 e4": "90", "abort2 last, id": "90", "abort2": "PrepareAbort 7/6 last 5",
			"add e4": "90", "add e6": "90", "add other": "49", "add same": "Ongoing 7/5 last 4 [{t 0}]",
			"add": "Ongoing 7/5 last 4 [{t 0} {u 1}]", "commit0 e4": "90", "commit0 e6": "90", "commit0 other": "49",
			"commit0": "48", "commit2 e3": "90", "commit2 e4": "90", "commit2 e6": "90", "commit2 last, id": "90",
			"commit2 last": "90", "commit2 other": "49", "commit2": "48", "expired": "delete", "init e3": "90",
			"init e4": "Empty 7/5 last 4", "init e5": "Empty 7/6 last 5", "init last": "90", "init other": "90",
			"init, fresh": "Empty 7/6", "init": "Empty 7/6",
		},
		"Empty last": {
			"abort0": "90", "abort2 e4": "90", "abort2 last, id": "PrepareAbort 7/32767 last 32766 next 99",
			"abort2": "90", "add e4": "90", "add e6": "90", "add other": "49", "add same": "90", "add": "90",
			"commit0 e4": "90", "commit0 e6": "90", "commit0 other": "49", "commit0": "90", "commit2 e3": "90",
			"commit2 e4": "90", "commit2 e6": "90", "commit2 last, id": "48", "commit2 last": "48", "commit2 other": "49",
			"commit2": "90", "expired": "delete", "init e3": "90", "init e4": "90", "init e5": "90",
			"init last": "Empty 99/0 last 32766", "init other": "90", "init, fresh": "Empty 99/0", "init": "id?",
		},
		"Ongoing": {
			"abort0": "PrepareAbort 7/5 [{t 0}]", "abort2 e4": "90", "abort2 last, id": "90",
			"abort2": "PrepareAbort 7/6 last 5 [{t 0}]", "add e4": "90", "add e6": "90", "add other": "49",
			"add same": "0", "add": "Ongoing 7/5 [{t 0} {u 1}]", "commit0 e4": "90", "commit0 e6": "90",
			"commit0 other": "49", "commit0": "PrepareCommit 7/5 [{t 0}]", "commit2 e3": "90", "commit2 e4": "90",
			"commit2 e6": "90", "commit2 last, id": "90", "commit2 last": "90", "commit2 other": "49",
			"commit2": "PrepareCommit 7/6 last 5 [{t 0}]", "init e3": "PrepareAbort 7/6 last 5 [{t 0}]; again",
			"init e4": "PrepareAbort 7/6 last 5 [{t 0}]; again", "init e5": "PrepareAbort 7/6 last 5 [{t 0}]; again",
			"init last": "PrepareAbort 7/6 last 5 [{t 0}]; again", "init other": "90",
			"init, fresh": "PrepareAbort 7/6 last 5 [{t 0}]; again", "init": "PrepareAbort 7/6 last 5 [{t 0}]; again",
			"timed out, id": "PrepareAbort 7/6 last 5 [{t 0}]", "timed out": "PrepareAbort 7/6 last 5 [{t 0}]",
		},
		"Ongoing last": {
			"abort0": "90", "abort2 e4": "90", "abort2 last, id": "PrepareAbort 7/32767 last 32766 next 99 [{t 0}]",
			"abort2": "90", "add e4": "90", "add e6": "90", "add other": "49", "add same": "90", "add": "90",
			"commit0 e4": "90", "commit0 e6": "90", "commit0 other": "49", "commit0": "90", "commit2 e3": "90",
			"commit2 e4": "90", "commit2 e6": "90", "commit2 last, id": "PrepareCommit 7/32767 last 32766 next 99 [{t 0}]",
			"commit2 last": "id?", "commit2 other": "49", "commit2": "90",
			"init e3":   "PrepareAbort 7/32767 last 32766 next 99 [{t 0}]; again",
			"init e4":   "PrepareAbort 7/32767 last 32766 next 99 [{t 0}]; again",
			"init e5":   "PrepareAbort 7/32767 last 32766 next 99 [{t 0}]; again",
			"init last": "PrepareAbort 7/32767 last 32766 next 99 [{t 0}]; again", "init other": "90",
			"init, fresh": "PrepareAbort 7/32767 last 32766 next 99 [{t 0}]; again", "init": "id?",
			"timed out, id": "PrepareAbort 7/32767 last 32766 next 99 [{t 0}]", "timed out": "id?",
		},
		"PrepareCommit": {
			"abort0": "wait 51", "abort2 e4": "wait 51", "abort2 last, id": "wait 51", "abort2": "wait 51",
			"add e4": "wait 51", "add e6": "wait 51", "add other": "wait 51", "add same": "wait 51", "add": "wait 51",
			"commit0 e4": "90", "commit0 e6": "90", "commit0 other": "49", "commit0": "wait 51", "commit2 e3": "wait 51",
			"commit2 e4": "wait 51", "commit2 e6": "wait 51", "commit2 last, id": "wait 51", "commit2 last": "wait 51",
			"commit2 other": "wait 51", "commit2": "wait 51", "init e3": "wait 51", "init e4": "wait 51",
			"init e5": "wait 51", "init last": "wait 51", "init other": "wait 51", "init, fresh": "wait 51",
			"init": "wait 51", "marked": "CompleteCommit 7/5",
		},
		"PrepareAbort": {
			"abort0": "wait 51", "abort2 e4": "wait 51", "abort2 last, id": "wait 51", "abort2": "wait 51",
			"add e4": "wait 51", "add e6": "wait 51", "add other": "wait 51", "add same": "wait 51", "add": "wait 51",
			"commit0 e4": "90", "commit0 e6": "90", "commit0 other": "49", "commit0": "wait 51", "commit2 e3": "wait 51",
			"commit2 e4": "wait 51", "commit2 e6": "wait 51", "commit2 last, id": "wait 51", "commit2 last": "wait 51",
			"commit2 other": "wait 51", "commit2": "wait 51", "init e3": "wait 51", "init e4": "wait 51",
			"init e5": "wait 51", "init last": "wait 51", "init other": "wait 51", "init, fresh": "wait 51",
			"init": "wait 51", "marked": "CompleteAbort 7/5",
		},
		"PrepareCommit last": {
			"abort0": "90", "abort2 e4": "wait 51", "abort2 last, id": "wait 51", "abort2": "wait 51", "add e4": "wait 51",
			"add e6": "wait 51", "add other": "wait 51", "add same": "wait 51", "add": "wait 51", "commit0 e4": "90",
			"commit0 e6": "90", "commit0 other": "49", "commit0": "90", "commit2 e3": "wait 51", "commit2 e4": "wait 51",
			"commit2 e6": "wait 51", "commit2 last, id": "wait 51", "commit2 last": "wait 51", "commit2 other": "wait 51",
			"commit2": "wait 51", "init e3": "wait 51", "init e4": "wait 51", "init e5": "wait 51", "init last": "wait 51",
			"init other": "wait 51", "init, fresh": "wait 51", "init": "wait 51",
			"marked": "CompleteCommit 99/0 last 32766",
		},
		"CompleteCommit": {
			"abort0": "48", "abort2 e4": "48", "abort2 last, id": "90", "abort2": "PrepareAbort 7/6 last 5",
			"add e4": "90", "add e6": "90", "add other": "49", "add same": "Ongoing 7/5 last 4 [{t 0}]",
			"add": "Ongoing 7/5 last 4 [{t 0} {u 1}]", "commit0 e4": "90", "commit0 e6": "90", "commit0 other": "49",
			"commit0": "0", "commit2 e3": "90", "commit2 e4": "0 7/5", "commit2 e6": "90", "commit2 last, id": "90",
			"commit2 last": "90", "commit2 other": "49", "commit2": "48", "expired": "delete", "init e3": "90",
			"init e4": "Empty 7/5 last 4", "init e5": "Empty 7/6 last 5", "init last": "90", "init other": "90",
			"init, fresh": "Empty 7/6", "init": "Empty 7/6",
		},
		"CompleteAbort": {
			"abort0": "0", "abort2 e4": "0 7/5", "abort2 last, id": "90", "abort2": "PrepareAbort 7/6 last 5",
			"add e4": "90", "add e6": "90", "add other": "49", "add same": "Ongoing 7/5 [{t 0}]",
			"add": "Ongoing 7/5 [{t 0} {u 1}]", "commit0 e4": "90", "commit0 e6": "90", "commit0 other": "49",
			"commit0": "48", "commit2 e3": "90", "commit2 e4": "48", "commit2 e6": "90", "commit2 last, id": "90",
			"commit2 last": "90", "commit2 other": "49", "commit2": "48", "expired": "delete", "init e3": "90",
			"init e4": "90", "init e5": "Empty 7/6 last 5", "init last": "90", "init other": "90",
			"init, fresh": "Empty 7/6", "init": "Empty 7/6",
		},
		"CompleteCommit replaced": {
			"abort0": "49", "abort2 e4": "49", "abort2 last, id": "48", "abort2": "49", "add e4": "49", "add e6": "49",
			"add other": "49", "add same": "49", "add": "49", "commit0 e4": "49", "commit0 e6": "49",
			"commit0 other": "49", "commit0": "49", "commit2 e3": "49", "commit2 e4": "49", "commit2 e6": "49",
			"commit2 last, id": "0 99/0", "commit2 last": "0 99/0", "commit2 other": "49", "commit2": "49",
			"expired": "delete", "init e3": "90", "init e4": "90", "init e5": "90", "init last": "Empty 99/0 last 32766",
			"init other": "90", "init, fresh": "Empty 99/1", "init": "Empty 99/1",
		},
	}
}
