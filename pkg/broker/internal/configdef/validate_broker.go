package configdef

import (
	"maps"
	"strconv"
	"strings"
)

// ValidateBroker checks the complete new dynamic configs of a broker, or of all brokers when perBroker is false, which
// replace dynamicBroker or dynamicDefault (org.apache.kafka.server.config.DynamicBrokerConfig.validateConfigs, then the
// rules between values of KafkaConfig). Unknown names are allowed, as in Kafka. The error is ErrInvalidRequest with
// Kafka's text.
func ValidateBroker(configs map[string]string, perBroker bool, dynamicBroker, dynamicDefault, static map[string]string) error {
	names := sortedNames(configs)
	readOnly := func(n string) bool { d, ok := Broker().Lookup(n); return ok && d.ReadOnly() }
	for _, refuse := range []struct {
		when bool
		is   func(string) bool
		text string
	}{
		{true, readOnly, "Cannot update these configs dynamically: "},
		{true, onlyPerListener, "These security configs can be dynamically updated only per-listener using the listener prefix: "},
	} {
		if err := refuseNames(names, refuse.is, refuse.text); err != nil {
			return err
		}
	}
	for _, name := range names {
		if err := checkDynamic(name, configs[name]); err != nil {
			return asRequest(err)
		}
	}
	if !perBroker {
		if err := refuseNames(names, onlyPerBroker, "Cannot update these configs at default cluster level, broker id must be specified: "); err != nil {
			return err
		}
	}
	if err := checkSizes(configs); err != nil {
		return err
	}
	l := &layers{broker: configs, defaults: dynamicDefault, static: static}
	if !perBroker {
		l = &layers{broker: dynamicBroker, defaults: configs, static: static}
	}
	if problems := l.contradictions(); len(problems) > 0 {
		return badRequest(problems[0].Name, "requirement failed: "+problems[0].Message)
	}
	return l.checkCleanerThreads(&layers{broker: dynamicBroker, defaults: dynamicDefault, static: static})
}

// checkCleanerThreads refuses a number of cleaner threads that is far from the
// one in force (LogCleaner.validateReconfiguration).
func (l *layers) checkCleanerThreads(old *layers) error {
	const name = "log.cleaner.threads"
	n, now := l.number(name), old.number(name)
	why := ""
	switch {
	case n == now:
		return nil
	case n < 1:
		why = "Log cleaner threads should be at least 1"
	case n < now/2:
		why = "Log cleaner threads cannot be reduced to less than half the current value " + strconv.FormatInt(now, 10)
	case n > now*2:
		why = "Log cleaner threads cannot be increased to more than double the current value " + strconv.FormatInt(now, 10)
	default:
		return nil
	}
	return badRequest(name, "Invalid value org.apache.kafka.common.config.ConfigException: "+why+" for configuration Invalid dynamic configuration")
}

func refuseNames(names []string, is func(string) bool, text string) error {
	var bad []string
	for _, n := range names {
		if is(n) {
			bad = append(bad, n)
		}
	}
	if len(bad) == 0 {
		return nil
	}
	return badRequest(bad[0], text+"["+strings.Join(bad, ", ")+"]")
}

// checkDynamic checks one value; behind a listener prefix it is the value of the config named there.
func checkDynamic(name, value string) error {
	if rest, ok := strings.CutPrefix(name, "listener.name."); ok {
		if _, base, ok := strings.Cut(rest, "."); ok {
			name = base
		}
	}
	d, ok := Broker().Lookup(name)
	if !ok || d.ReadOnly() {
		return nil
	}
	_, err := d.Parse(value)
	return err
}

// onlyPerListener reports the key and trust store configs (SslConfigs.RECONFIGURABLE_CONFIGS).
func onlyPerListener(name string) bool {
	if name == "ssl.key.password" {
		return true
	}
	rest, key := strings.CutPrefix(name, "ssl.keystore.")
	if !key {
		if rest, key = strings.CutPrefix(name, "ssl.truststore."); !key {
			return false
		}
	}
	d, ok := Broker().Lookup(name)
	return ok && !d.ReadOnly() && rest != ""
}

func onlyPerBroker(name string) bool {
	if d, ok := Broker().Lookup(name); ok {
		return d.Mode == PerBroker
	}
	rest, ok := strings.CutPrefix(name, "listener.name.")
	if !ok {
		return false
	}
	_, base, ok := strings.Cut(rest, ".")
	return ok && base != "max.connections" && base != "max.connection.creation.rate" && base != "num.network.threads"
}

// ValidateStatic checks the configs of server.properties and the command line, by value and then against each other,
// and returns every problem with the name at fault. Names the table does not have are left out: see Classify.
func ValidateStatic(static map[string]string) []*Error {
	var out []*Error
	usable := maps.Clone(static)
	for _, name := range sortedNames(static) {
		d, ok := Broker().Lookup(name)
		if !ok {
			continue
		}
		if _, err := d.Parse(static[name]); err != nil {
			out = append(out, err.(*Error))
			delete(usable, name)
		}
	}
	l := &layers{static: usable}
	out = append(out, l.contradictions()...)
	if l.millis("min.compaction.lag.ms") > l.millis("max.compaction.lag.ms") {
		out = append(out, &Error{
			ErrInvalidConfig, "log.cleaner.min.compaction.lag.ms",
			"log.cleaner.min.compaction.lag.ms must not be more than log.cleaner.max.compaction.lag.ms",
		})
	}
	return out
}

// contradictions lists what KafkaConfig.validateValues refuses, in its order.
func (l *layers) contradictions() []*Error {
	var out []*Error
	need := func(ok bool, name, text string) {
		if !ok {
			out = append(out, &Error{ErrInvalidConfig, name, text})
		}
	}
	node, hasNode := l.static["node.id"]
	id, hasID := l.static["broker.id"]
	need(!hasNode || !hasID || javaTrim(node) == javaTrim(id), "broker.id", "You must set `node.id` to the same value as `broker.id`.")
	need(l.millis("segment.ms") >= 1, "log.roll.ms", "log.roll.ms must be greater than or equal to 1")
	need(l.millis("segment.jitter.ms") >= 0, "log.roll.jitter.ms", "log.roll.jitter.ms must be greater than or equal to 0")
	retention := l.millis("retention.ms")
	need(retention == -1 || retention >= 1, "log.retention.ms", "log.retention.ms must be unlimited (-1) or, greater than or equal to 1")
	threads := l.number("log.cleaner.threads")
	need(threads == 0 || l.number("log.cleaner.dedupe.buffer.size")/threads > 1<<20, "log.cleaner.dedupe.buffer.size",
		"log.cleaner.dedupe.buffer.size must be at least 1MB per cleaner thread.")
	wait := l.number("replica.fetch.wait.max.ms")
	need(wait <= l.number("replica.socket.timeout.ms"), "replica.socket.timeout.ms",
		"replica.socket.timeout.ms should always be at least replica.fetch.wait.max.ms to prevent unnecessary socket timeouts")
	need(wait <= l.number("replica.lag.time.max.ms"), "replica.fetch.wait.max.ms",
		"replica.fetch.wait.max.ms should always be less than or equal to replica.lag.time.max.ms to prevent frequent changes in ISR")
	queued := l.number("queued.max.request.bytes")
	need(queued <= 0 || queued >= l.number("socket.request.max.bytes"), "queued.max.request.bytes",
		"queued.max.request.bytes must be larger or equal to socket.request.max.bytes")
	need(l.number("max.connections.per.ip") != 0 || l.text("max.connections.per.ip.overrides") != "", "max.connections.per.ip",
		"max.connections.per.ip can be set to zero only if max.connections.per.ip.overrides property is set.")
	delay, idle := l.text("connection.failed.authentication.delay.ms"), l.text("connections.max.idle.ms")
	need(l.number("connections.max.idle.ms") < 0 || l.number("connection.failed.authentication.delay.ms") < l.number("connections.max.idle.ms"),
		"connection.failed.authentication.delay.ms", "connection.failed.authentication.delay.ms="+delay+
			" should always be less than connections.max.idle.ms="+idle+" to prevent failed authentication responses from timing out")
	return out
}

// millis returns a topic default in milliseconds without the range check of the topic config.
func (l *layers) millis(topicConfig string) int64 {
	d, _ := Topic().Lookup(topicConfig)
	text, _ := l.inherited(d)
	v, err := (&Def{Name: d.Name, Type: Long}).Parse(text)
	if err != nil {
		return 0
	}
	return v.Int
}

// text returns the effective value of a broker config.
func (l *layers) text(name string) string {
	d, ok := Broker().Lookup(name)
	if !ok {
		return ""
	}
	text, _ := l.value(d)
	return text
}
