package broker

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"kq/pkg/broker/internal/configdef"
)

// defaultListen is where a broker listens when nothing says otherwise.
const defaultListen = "localhost:9092"

// settings are options, properties and defaults put together.
type settings struct {
	Options
	static    map[string]string // broker configs, as DescribeConfigs calls static
	nodeID    int32
	nodeIDSet bool // rather than the default
	listen    []listenSpec
	networks  []network // of the advertise rules
	fixed     *hostPort // of the advertise rules
	dataDir   string

	maxRequest     int
	maxConnections int
	idle           time.Duration
}

// listenSpec is one listener.
type listenSpec struct {
	name       string // Kafka's listener name
	at         hostPort
	advertised *hostPort // from advertised.listeners
}

// devDefaults are the values that differ from Kafka's when nothing sets them:
// one broker on a developer's machine waits for nobody.
var devDefaults = map[string]string{
	"group.initial.rebalance.delay.ms":     "0",
	"offsets.topic.num.partitions":         "8",
	"transaction.state.log.num.partitions": "8",
}

func newSettings(o Options) (*settings, error) {
	s := &settings{Options: o, static: maps.Clone(devDefaults)}
	if o.Properties != nil {
		maps.Copy(s.static, o.Properties.values)
	}
	if err := s.addSet(); err != nil {
		return nil, err
	}
	for _, step := range []func() error{s.checkTogether, s.setNodeID, s.setListen, s.setAdvertise, s.setDataDir} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	s.maxRequest = int(s.number("socket.request.max.bytes"))
	s.maxConnections = int(s.number("max.connections"))
	if ms := s.number("connections.max.idle.ms"); ms > 0 && ms < math.MaxInt64/int64(time.Millisecond) {
		s.idle = time.Duration(ms) * time.Millisecond
	}
	return s, nil
}

// addSet adds what Options.Set says.
func (s *settings) addSet() error {
	for _, key := range slices.Sorted(maps.Keys(s.Set)) {
		d, ok := configdef.Broker().Lookup(key)
		if !ok {
			v := configdef.Classify(key)
			e := &Error{Message: fmt.Sprintf("set %s: %s", key, v.Effect), Usage: true}
			if v.Note != "" {
				e.Message += ": " + v.Note
			}
			if v.Try != "" {
				e.Next = "try " + v.Try
			}
			return e
		}
		if _, err := d.Parse(s.Set[key]); err != nil {
			return &Error{Message: fmt.Sprintf("set %s=%s", key, s.Set[key]), Err: err, Usage: true}
		}
		s.static[key] = s.Set[key]
	}
	return nil
}

// checkTogether checks the values of the file and of Set against each other.
func (s *settings) checkTogether() error {
	if problems := configdef.ValidateStatic(s.static); len(problems) > 0 {
		return s.bad(problems[0].Name, "%s", problems[0].Message)
	}
	return nil
}

// bad is an error about a config, with the place that set it.
func (s *settings) bad(key, format string, args ...any) *Error {
	where := ""
	if _, ok := s.Set[key]; !ok {
		where = s.Properties.where(key)
	}
	return &Error{Message: where + fmt.Sprintf(format, args...)}
}

// number returns the effective value of a numeric broker config, which has been
// validated.
func (s *settings) number(key string) int64 {
	n, err := strconv.ParseInt(s.text(key), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// text returns the effective value of a broker config.
func (s *settings) text(key string) string {
	return configdef.EffectiveBroker(key, nil, nil, s.static).Value
}

func (s *settings) setNodeID() error {
	id, ok := s.static["node.id"]
	if !ok {
		if id, ok = s.static["broker.id"]; !ok || strings.TrimSpace(id) == "-1" {
			s.useNode(1)
			return nil
		}
	}
	n, err := strconv.ParseInt(strings.TrimSpace(id), 10, 32)
	if err != nil || n < 0 {
		return s.bad("node.id", "%q is no broker id", id)
	}
	s.nodeIDSet = true
	s.useNode(int32(n))
	return nil
}

// useNode makes id the node id. Kafka's two configs for it always agree.
func (s *settings) useNode(id int32) {
	s.nodeID = id
	s.static["node.id"], s.static["broker.id"] = fmt.Sprint(id), fmt.Sprint(id)
}

// rack returns broker.rack, nil when it is not set.
func (s *settings) rack() *string {
	if rack, ok := s.static["broker.rack"]; ok {
		return &rack
	}
	return nil
}

func (s *settings) setDataDir() error {
	switch {
	case s.Mem || s.DataDir != "":
		s.dataDir = s.DataDir
	default:
		key := "log.dirs"
		if _, ok := s.static[key]; !ok {
			key = "log.dir"
		}
		dirs := splitList(s.static[key])
		switch len(dirs) {
		case 0:
			return &Error{Message: "no data directory is given", Next: "name one, or keep everything in memory"}
		case 1:
			s.dataDir = dirs[0]
		default:
			return s.bad(key, "%s lists %d directories, and kq keeps everything in one", key, len(dirs))
		}
	}
	delete(s.static, "log.dir")
	s.static["log.dirs"] = s.dataDir
	return nil
}

func (s *settings) setAdvertise() error {
	var err error
	s.networks, s.fixed, err = parseAdvertise(s.Advertise)
	if err != nil || len(s.Advertise) > 0 {
		for i := range s.listen {
			s.listen[i].advertised = nil // flags go before the file
		}
		return err
	}
	for _, l := range splitList(s.static["advertised.listeners"]) {
		name, at, err := parseListener(l, 1)
		if err != nil {
			return s.bad("advertised.listeners", "%s", err)
		}
		i := slices.IndexFunc(s.listen, func(l listenSpec) bool { return l.name == name })
		switch {
		case i >= 0:
			s.listen[i].advertised = &at
		case s.isController(name), len(s.Listen) > 0:
		default:
			return s.bad("advertised.listeners", "advertised.listeners names %s, which listeners does not have", name)
		}
	}
	return nil
}

func (s *settings) setListen() error {
	if len(s.Listeners) > 0 {
		return nil
	}
	if len(s.Listen) > 0 {
		return s.listenAt(s.Listen)
	}
	text, ok := s.static["listeners"]
	if !ok {
		return s.listenAt([]string{defaultListen})
	}
	for _, l := range splitList(text) {
		name, at, err := parseListener(l, 0)
		if err != nil {
			return s.bad("listeners", "%s", err)
		}
		if s.isController(name) {
			continue // the controller is in this process
		}
		if p := s.protocol(name); p != "PLAINTEXT" {
			e := s.bad("listeners", "listener %s wants %s, and listeners are PLAINTEXT only", name, p)
			e.Next = "remove the listener, or put something that speaks TLS in front of a PLAINTEXT one"
			return e
		}
		s.listen = append(s.listen, listenSpec{name: name, at: at})
	}
	if len(s.listen) == 0 {
		return s.bad("listeners", "listeners has none for clients: %q", text)
	}
	return nil
}

func (s *settings) listenAt(addrs []string) error {
	for i, a := range addrs {
		at, err := parseHostPort(a, 0)
		if err != nil {
			return &Error{Message: fmt.Sprintf("listen: %s", err), Usage: true, Next: "as in --listen localhost:9092, or localhost:0 for any free port"}
		}
		name := "PLAINTEXT"
		if i > 0 {
			name += strconv.Itoa(i + 1)
		}
		s.listen = append(s.listen, listenSpec{name: name, at: at})
	}
	return nil
}

// isController says whether a listener is one for controllers.
func (s *settings) isController(name string) bool {
	return slices.Contains(splitList(strings.ToUpper(s.static["controller.listener.names"])), name)
}

// protocol returns the security protocol of a listener: what the map says, or
// the name itself.
func (s *settings) protocol(name string) string {
	for _, m := range splitList(strings.ToUpper(s.static["listener.security.protocol.map"])) {
		if n, p, ok := strings.Cut(m, ":"); ok && strings.TrimSpace(n) == name {
			return strings.TrimSpace(p)
		}
	}
	return name
}

// parseListener reads NAME://HOST:PORT.
func parseListener(s string, minPort int) (name string, at hostPort, err error) {
	name, addr, ok := strings.Cut(s, "://")
	if !ok || name == "" {
		return "", at, fmt.Errorf("%q is not NAME://HOST:PORT", s)
	}
	at, err = parseHostPort(addr, minPort)
	return strings.ToUpper(name), at, err
}

// splitList splits a list of Kafka's: commas, blanks around them.
func splitList(s string) []string {
	var out []string
	for _, e := range strings.Split(s, ",") {
		if e = strings.TrimSpace(e); e != "" {
			out = append(out, e)
		}
	}
	return out
}
