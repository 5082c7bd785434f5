package spec

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
}
