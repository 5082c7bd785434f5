package main

import "fmt"

// row is one line of the table.
type row struct {
	key, name, format string
	quoted            bool // in the README too
	reach             []limit
}

// limit is one aim: of kq's value over a peer's, or of kq's value when peer is "".
type limit struct {
	peer  string
	least bool // value is the least that is good, not the most
	value float64
}

func most(peer string, v float64) limit  { return limit{peer: peer, value: v} }
func least(peer string, v float64) limit { return limit{peer: peer, value: v, least: true} }

func parts() []part {
	servers := []string{"kq", "kafka", "kfake"}
	return []part{
		{
			"start", "Start to ready", "From the start of the process. Empty: until Metadata names the broker. Many partitions, 100 records in each since the last start: " +
				"until ListOffsets tells the right end of all of them.", servers, false, turns(starts),
		},
		{
			"server", "Throughput, CPU, memory", "The franz-go client (acks=all, no compression) writes a topic and reads it; then a raw client reads it three times: " +
				"plain sockets, two connections, 1 MiB of a partition in one request, batches thrown away. CPU and memory are the server's. Warm.", servers, false, turns(throughput),
		},
		{
			"latency", "Single records", "One record at a time, acks=all, one partition, the franz-go client; from produce to consume with a consumer that polls. Warm.",
			servers, true, turns(latency),
		},
		{
			"fsync", "Single records on disk", "Single records over plain sockets to one partition, answered when they are on disk: `kq serve --sync commit`, " +
				"Kafka with flush.messages=1, kfake with SyncWrites.", servers, true, turns(fsyncedProduce),
		},
		{
			"groups", "Consumer groups", "Classic members over plain sockets, a connection each, as many groups as members and then ten groups: from the first join until every " +
				"member of every group has its assignment; then heartbeats.", servers, true, turns(membership),
		},
		{
			"commits", "Committed offsets", "OffsetCommits of one partition over plain sockets, a group a connection, one or five under way. Restart: from the start of the process " +
				"until every group answers with its offset.", servers, true, turns(commits),
		},
		{
			"txns", "Transactions", "The franz-go client: transactions of one record, one after the other for each producer. Idle ids: the same produce to a server that has them " +
				"and to one that has none, in turns; and the CPU that the first uses beyond the second while nobody asks.", servers, true, turns(transactions),
		},
		{
			"compact", "Compaction", "A topic in which each key comes twice, uncompressed, is cleaned: from the change of its min.cleanable.dirty.ratio until the cleaner's checkpoint " +
				"is at its last segment, log.cleaner.backoff.ms 100 and Kafka's memory for keys. Meanwhile single records go through another topic, from produce to consume with a consumer that polls.",
			[]string{"kq", "kafka"},
			true, turns(compaction),
		},
		{
			"door", "Records over HTTP", "`POST /topics/T/records` on 16 connections of plain sockets, one JSON record a request, the next after the answer; with an Idempotency-Key of its own each, " +
				"and without. Nothing comparable can be had: Kafka has no such door, and kfake neither.", []string{"kq"}, false, turns(door),
		},
		{
			"streams", "Streams: word count on `kq serve`", "kq's word count and Kafka Streams' WordCountDemo " + kafkaVersion + " (its windowed twin is our own class), each as the only application on " +
				"`kq serve`: the same lines, two threads, no cache, a persistent store, a commit every second, or every 100 ms exactly once. Lines/s from the first output record to the last, " +
				"so without the start; CPU and memory of the application from its start. The last count of every word is compared.", []string{"kq", "kafka"}, false, turns(streamsOn("kq")),
		},
		{
			"streams-kafka", "Streams: word count on Apache Kafka", "The same on Apache Kafka.", []string{"kq", "kafka"}, false, turns(streamsOn("kafka")),
		},
		{
			"engine", "Streams: the engine alone", "Word count without a broker: kq's test driver and TopologyTestDriver (warm, the second of two runs).",
			[]string{"kq", "kafka"},
			false, turns(engineAlone),
		},
		{
			"copy", "Copies of a topic", "Inside `kq serve`, from the start of the process to its end: `kq copy`, and `kcat -C -e -q | kcat -P`, which keeps the values only. The copy is read and " +
				"its records are counted.", []string{"kq", "kcat"}, false, turns(copies),
		},
		{
			"cli", "Command line", "Lines of JSON of about 95 bytes, 4 partitions; output to /dev/null. kcat: `-P`, `-C -e -q`, `-C -e -J -q`, `-h`, `-L`.",
			[]string{"kq", "kcat"},
			true,
			commandLine,
		},
	}
}

// rows of a part, in the order of the table.
func rows(part string) []row {
	switch part {
	case "start":
		return []row{
			{"start.empty", "start to ready, empty directory, ms", "%.1f", true, []limit{most("", 50)}},
			{"start.clean", "many partitions, after a clean stop, ms", "%.0f", true, nil},
			{"start.unclean", "many partitions, after kill -9, ms", "%.0f", true, nil},
		}
	case "streams", "streams-kafka":
		return streamsRows(part == "streams")
	case "compact":
		return []row{
			{"compact.rate", "cleaned, MB/s", "%.0f", true, []limit{least("kafka", 1)}},
			{"compact.left", "bytes left, %", "%.1f", false, nil},
			{"compact.memory", "largest resident memory meanwhile, MB", "%.0f", true, []limit{most("", 192)}},
			{"compact.idle-p99", "produce to consume before, p99 ms", "%.3f", false, nil},
			{"compact.busy-p99", "produce to consume meanwhile, p99 ms", "%.3f", false, nil},
			{"compact.p99", "produce to consume meanwhile, p99 of that before", "%.2f", true, []limit{most("", 2)}},
		}
	case "engine":
		return []row{{"engine.lines", "lines/s", "%.0f", true, nil}}
	case "copy":
		return []row{
			{"copy.least", "copy, at least once, MB/s", "%.0f", true, []limit{least("", 300)}},
			{"copy.least-cpu", "copy, at least once, CPU of the tool s/GB", "%.2f", true, nil},
			{"copy.least-server", "copy, at least once, CPU of the server s/GB", "%.2f", false, nil},
			{"copy.exact", "copy, exactly once, MB/s", "%.0f", true, []limit{least("", 150)}},
			{"copy.exact-cpu", "copy, exactly once, CPU of the tool s/GB", "%.2f", true, nil},
			{"copy.exact-server", "copy, exactly once, CPU of the server s/GB", "%.2f", false, nil},
		}
	case "server":
		return []row{
			{"server.produce", "produce, MB/s", "%.0f", true, []limit{least("kafka", 1), least("kfake", 1)}},
			{"server.produce-cpu", "produce, server CPU s/GB", "%.2f", true, []limit{most("kafka", 0.3), most("kfake", 0.5)}},
			{"server.consume", "consume, MB/s", "%.0f", true, []limit{least("kafka", 1)}},
			{"server.consume-cpu", "consume, server CPU s/GB", "%.2f", true, []limit{most("kafka", 0.6), most("kfake", 0.25)}},
			{"server.raw", "consume with a raw client, MB/s", "%.0f", true, []limit{least("kafka", 1.3)}},
			{"server.raw-cpu", "consume with a raw client, server CPU s/GB", "%.2f", false, nil},
			{"server.memory-ready", "resident memory when ready, MB", "%.0f", false, nil},
			{"server.memory", "resident memory after it, MB", "%.0f", true, []limit{most("", 64)}},
		}
	case "latency":
		return []row{
			{"latency.trip-p50", "one record, acks=all, p50 ms", "%.3f", true, nil},
			{"latency.trip-p99", "one record, acks=all, p99 ms", "%.3f", true, nil},
			{"latency.through-p50", "produce to consume, p50 ms", "%.3f", true, nil},
			{"latency.through-p99", "produce to consume, p99 ms", "%.3f", true, []limit{most("kafka", 1.0/3), most("kfake", 1)}},
		}
	case "fsync":
		var all []row
		for _, v := range []struct{ key, name string }{
			{"fsync.1", "fsynced, 1 connection"}, {"fsync.16", "fsynced, 16 connections"}, {"fsync.16x5", "fsynced, 16 connections, 5 in flight each"},
		} {
			var aims []limit
			if v.key != "fsync.1" {
				aims = []limit{least("kfake", 10)}
			}
			all = append(all,
				row{v.key, v.name + ", records/s", "%.0f", v.key != "fsync.16x5", aims},
				row{v.key + "-p50", v.name + ", p50 ms", "%.2f", false, nil},
				row{v.key + "-p99", v.name + ", p99 ms", "%.2f", v.key != "fsync.16x5", nil})
		}
		return all
	case "groups", "commits", "txns":
		return coordinatorRows(part)
	case "door":
		return []row{
			{"door.keyed", "with an Idempotency-Key, records/s", "%.0f", true, []limit{least("", 20_000)}},
			{"door.keyed-p50", "with an Idempotency-Key, p50 ms", "%.2f", false, nil},
			{"door.keyed-p99", "with an Idempotency-Key, p99 ms", "%.2f", true, nil},
			{"door.plain", "without, records/s", "%.0f", true, []limit{least("", 20_000)}},
			{"door.plain-p50", "without, p50 ms", "%.2f", false, nil},
			{"door.plain-p99", "without, p99 ms", "%.2f", false, nil},
		}
	}
	return cliRows()
}

// coordinatorRows are the rows of groups and transactions.
func coordinatorRows(part string) []row {
	switch part {
	case "groups":
		return []row{
			{"groups.many-stable", "groups of one member, join to stable, ms", "%.0f", true, []limit{most("kafka", 1)}},
			{"groups.many-beat-p50", "groups of one member, heartbeat p50 ms", "%.3f", false, nil},
			{"groups.many-beat-p99", "groups of one member, heartbeat p99 ms", "%.2f", true, []limit{most("kafka", 1)}},
			{"groups.large-stable", "ten large groups, join to stable, ms", "%.0f", true, []limit{most("kafka", 1)}},
			{"groups.large-beat-p50", "ten large groups, heartbeat p50 ms", "%.3f", false, nil},
			{"groups.large-beat-p99", "ten large groups, heartbeat p99 ms", "%.2f", true, []limit{most("kafka", 1)}},
		}
	case "commits":
		return []row{
			{"commits.1", "offset commits/s, 1 connection", "%.0f", false, nil},
			{"commits.1-p99", "offset commit, 1 connection, p99 ms", "%.3f", false, nil},
			{"commits.16", "offset commits/s, 16 connections", "%.0f", true, []limit{least("", 10_000)}},
			{"commits.16-p99", "offset commit, 16 connections, p99 ms", "%.2f", false, nil},
			{"commits.16x5", "offset commits/s, 16 connections, 5 under way each", "%.0f", false, nil},
			{"commits.16x5-p99", "offset commit, 16 connections, 5 under way each, p99 ms", "%.2f", false, nil},
			{"commits.restart-clean", "many committed offsets, after a clean stop, ms", "%.0f", true, []limit{most("", 2000)}},
			{"commits.restart-unclean", "many committed offsets, after kill -9, ms", "%.0f", true, []limit{most("", 2000)}},
		}
	}
	return []row{
		{"txn.1", "transactions/s, 1 producer", "%.0f", true, []limit{least("kafka", 3)}},
		{"txn.1-p50", "transaction, 1 producer, p50 ms", "%.2f", false, nil},
		{"txn.1-p99", "transaction, 1 producer, p99 ms", "%.2f", false, nil},
		{"txn.16", "transactions/s, 16 producers", "%.0f", true, []limit{least("kafka", 3)}},
		{"txn.16-p50", "transaction, 16 producers, p50 ms", "%.2f", false, nil},
		{"txn.16-p99", "transaction, 16 producers, p99 ms", "%.2f", false, nil},
		{"txn.idle-cost", "idle transactional ids, produce throughput lost, %", "%.1f", false, []limit{most("", 2)}},
		{"txn.idle-cpu", "idle transactional ids, server CPU, ms/s", "%.2f", false, nil},
	}
}

func cliRows() []row {
	var all []row
	for _, on := range []struct{ key, name string }{{"kq", "kq serve"}, {"kafka", "Kafka"}} {
		for _, v := range []struct {
			key, name string
			most      float64
		}{{"produce", "lines in", 1}, {"values", "records out as values", 1}, {"json", "records out as JSON", 1.0 / 3}} {
			key := "cli." + v.key + "-" + on.key
			all = append(all,
				row{key, fmt.Sprintf("%s, %s, s", v.name, on.name), "%.2f", true, []limit{most("kcat", v.most)}},
				row{key + "-cpu", fmt.Sprintf("%s, %s, user + system s", v.name, on.name), "%.2f", false, nil})
		}
	}
	return append(all,
		row{"cli.help", "`kq --help`, `kcat -h`, median ms", "%.1f", true, []limit{most("", 12)}},
		row{"cli.help-min", "`kq --help`, `kcat -h`, best ms", "%.1f", false, nil},
		row{"cli.list", "`kq topic list`, `kcat -L`, median ms", "%.1f", true, []limit{most("", 12)}},
		row{"cli.list-min", "`kq topic list`, `kcat -L`, best ms", "%.1f", false, nil},
		row{"cli.test", "`kq streams test` of an example, median ms", "%.1f", true, []limit{most("", 100)}},
		row{"cli.test-min", "`kq streams test` of an example, best ms", "%.1f", false, nil},
		row{"cli.binary", "the binary, MB", "%.1f", false, nil},
		row{"cli.binary-stripped", "the binary, stripped, MB", "%.1f", false, []limit{most("", 45)}},
	)
}

// streamsRows are those of a kind of broker. Restores are measured on kq alone,
// which the README quotes.
func streamsRows(onKQ bool) []row {
	var out []row
	for _, m := range []struct{ mode, name string }{{"plain", ""}, {"eos", ", exactly once"}, {"windowed", ", windowed"}} {
		key := "streams." + m.mode
		out = append(
			out,
			row{key, "lines/s" + m.name, "%.0f", onKQ, []limit{least("kafka", 4)}},
			row{key + "-cpu", "CPU s per million lines" + m.name, "%.2f", onKQ, []limit{most("kafka", 0.25)}},
			row{key + "-memory", "peak memory, MB" + m.name, "%.0f", onKQ, []limit{most("kafka", 0.2)}},
			row{key + "-first", "first output after start, s" + m.name, "%.2f", onKQ, []limit{most("", 1)}},
		)
	}
	if !onKQ {
		return out
	}
	return append(
		out,
		row{"streams.restore", "first join to first output with the keys to restore, s", "%.2f", onKQ, []limit{most("kafka", 0.333)}},
		row{"streams.restart-kept", "first join to first output with nothing to restore, s", "%.2f", false, nil},
	)
}
