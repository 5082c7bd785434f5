package broker

import (
	"math"
	"strconv"
	"strings"
	"time"

	"kq/pkg/broker/logstore"
)

// configureCleaner gives the cleaner of compacted logs the configs in force.
func (b *Broker) configureCleaner() {
	c := b.catalog
	if !c.BrokerFlag("log.cleaner.enable") {
		return // a broker has it from its start, or not at all
	}
	b.store.SetCleaner(logstore.CleanerOptions{
		Threads:        int(c.BrokerNumber("log.cleaner.threads")),
		DedupeBytes:    c.BrokerNumber("log.cleaner.dedupe.buffer.size"),
		LoadFactor:     b.brokerReal("log.cleaner.io.buffer.load.factor"),
		IOBytes:        int(c.BrokerNumber("log.cleaner.io.buffer.size")),
		BytesPerSecond: b.brokerReal("log.cleaner.io.max.bytes.per.second"),
		Backoff:        time.Duration(min(max(1, c.BrokerNumber("log.cleaner.backoff.ms")), math.MaxInt64/int64(time.Millisecond))) * time.Millisecond,
	})
}

// brokerReal is the value in force of one of this broker's configs, a number of
// type double; 0 for one that is none, which the controller has refused.
func (b *Broker) brokerReal(name string) float64 {
	v, err := strconv.ParseFloat(strings.TrimSpace(b.catalog.BrokerText(name)), 64)
	if err != nil {
		return 0
	}
	return v
}

// cleanerStat returns what is exposed of compaction, nothing before the broker is
// ready.
func (b *Broker) cleanerStat() cleanerStat {
	if !b.ready.Load() {
		return cleanerStat{}
	}
	return cleanerStat{b.store.CleanerStats(), b.store.Uncleanable()}
}
