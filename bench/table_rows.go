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
	}
	return cliRows()
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
		row{"cli.binary", "the binary, MB", "%.1f", false, nil},
		row{"cli.binary-stripped", "the binary, stripped, MB", "%.1f", false, []limit{most("", 25)}},
	)
}
