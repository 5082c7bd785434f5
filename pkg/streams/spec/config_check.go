package spec

import "time"

// The bounds of what producers are told: a batch fits a request, and nothing
// lingers longer than a group waits for its members' work.
const (
	leastBatch   = Size(1 << 10)
	largestBatch = Size(64 << 20)
	mostLinger   = 10 * time.Second
)

// config checks what one part of config: asks of another.
func (c *compiler) config() {
	o := &c.job.Config.OnError
	for key, what := range map[string]string{"deserialize": o.Deserialize, "process": o.Process, "produce": o.Produce} {
		if what == "dlq" && c.job.Config.DLQ == nil {
			c.f.wrong(o.valueNode(key), "config: {dlq: TOPIC}", "dlq needs a dead-letter topic, and config has none")
		}
	}
	if d := c.job.Config.DLQ; d != nil && !legalTopic(d.Topic) {
		c.f.wrong(d.valueNode("topic"), "letters, digits, dots, underscores and dashes, at most 249", "%q is no name of a topic", clip(d.Topic))
	}
	k := &c.job.Config.Kafka
	if _, set := k.keys["batch"]; set && (k.Batch < leastBatch || k.Batch > largestBatch) {
		c.f.wrong(k.valueNode("batch"), "batch: 256KB is what is taken without it", "batch is %d bytes; 1KB to 64MB are possible", k.Batch)
	}
	if k.Linger > mostLinger {
		c.f.wrong(k.valueNode("linger"), "linger: 100ms gathers what a tenth of a second gives", "linger is %s; up to %s is possible", show(k.Linger), show(mostLinger))
	}
}
