package broker

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"kq/pkg/broker/internal/api"
)

func TestParseTopicSpec(t *testing.T) {
	for in, want := range map[string]TopicSpec{
		"orders":                     {Name: "orders"},
		"orders:6":                   {Name: "orders", Partitions: 6},
		"orders:6:3":                 {Name: "orders", Partitions: 6, Replicas: 3},
		"orders::1":                  {Name: "orders", Replicas: 1},
		"a:::cleanup.policy=compact": {Name: "a", Configs: map[string]string{"cleanup.policy": "compact"}},
		"a:1:1:retention.ms=1000:cleanup.policy=compact,delete": {
			Name: "a", Partitions: 1, Replicas: 1,
			Configs: map[string]string{"retention.ms": "1000", "cleanup.policy": "compact,delete"},
		},
		"a:1:1:leader.replication.throttled.replicas=0:1,1:2": {
			Name: "a", Partitions: 1, Replicas: 1,
			Configs: map[string]string{"leader.replication.throttled.replicas": "0:1,1:2"},
		},
		"a:::x=": {Name: "a", Configs: map[string]string{"x": ""}},
	} {
		got, err := ParseTopicSpec(in)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v, want %+v", in, got, err, want)
		}
		again, err := ParseTopicSpec(got.String())
		if err != nil || !reflect.DeepEqual(again, want) {
			t.Errorf("%s: as text %s, which is %+v, %v", in, got, again, err)
		}
	}
	for _, in := range []string{"", ":1", "a:x", "a:0", "a:-1", "a:1:x", "a:1:0", "a:1:1:novalue", "a:1:1:=v", "a:99999999999"} {
		var e *Error
		if _, err := ParseTopicSpec(in); !errors.As(err, &e) || !e.Usage || e.Next == "" {
			t.Errorf("%q: error %v, want a usage error with a hint", in, err)
		}
	}
}

func settingsOf(t *testing.T, o Options) *settings {
	t.Helper()
	if o.DataDir == "" {
		o.DataDir = "data"
	}
	s, err := newSettings(o.withDefaults())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func serverProperties(t *testing.T, lines ...string) *Properties {
	t.Helper()
	p, err := ParseProperties("server.properties", []byte(strings.Join(lines, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (l listenSpec) String() string {
	s := l.name + "://" + l.at.String()
	if l.advertised != nil {
		s += " as " + l.advertised.String()
	}
	return s
}

func TestSettings(t *testing.T) {
	quickstart := serverProperties(t,
		"process.roles=broker,controller", "node.id=7", "controller.quorum.bootstrap.servers=localhost:9093",
		"listeners=PLAINTEXT://:9092,CONTROLLER://:9093", "inter.broker.listener.name=PLAINTEXT",
		"advertised.listeners=PLAINTEXT://kafka.example:9092,CONTROLLER://localhost:9093",
		"controller.listener.names=CONTROLLER",
		"listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL",
		"log.dirs=/tmp/kraft-combined-logs", "num.partitions=4", "connections.max.idle.ms=1000",
	)
	if len(quickstart.Warnings) > 0 {
		t.Errorf("warnings about Kafka's own file: %q", quickstart.Warnings)
	}
	s, err := newSettings(Options{Properties: quickstart})
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(s.listen); got != "[PLAINTEXT://:9092 as kafka.example:9092]" {
		t.Errorf("listeners = %s", got)
	}
	if s.nodeID != 7 || s.dataDir != "/tmp/kraft-combined-logs" || s.idle != time.Second || s.static["num.partitions"] != "4" {
		t.Errorf("settings = %+v", s)
	}

	s = settingsOf(t, Options{
		Properties: quickstart, Listen: []string{"127.0.0.1:1", "[::1]:2"}, Advertise: []string{"h:3"},
		DataDir: "d", Set: map[string]string{"num.partitions": "5"},
	})
	if got := fmt.Sprint(s.listen); got != "[PLAINTEXT://127.0.0.1:1 PLAINTEXT2://[::1]:2]" {
		t.Errorf("listeners with flags = %s", got)
	}
	if s.dataDir != "d" || s.fixed.String() != "h:3" || s.static["num.partitions"] != "5" || s.static["log.dirs"] != "d" {
		t.Errorf("settings with flags = %+v", s)
	}

	s = settingsOf(t, Options{})
	if got := fmt.Sprint(s.listen); got != "[PLAINTEXT://localhost:9092]" || s.nodeID != 1 {
		t.Errorf("defaults: listeners %s, node %d", got, s.nodeID)
	}
	if s.maxRequest != 100<<20 || s.idle != 10*time.Minute || s.text("auto.create.topics.enable") != "true" || s.number("num.partitions") != 1 {
		t.Errorf("defaults = %+v", s)
	}
}

func TestSettingsRefuse(t *testing.T) {
	for name, c := range map[string]struct {
		o    Options
		want string
	}{
		"set unknown":       {Options{Set: map[string]string{"num.partition": "1"}}, "num.partition"},
		"set bad value":     {Options{Set: map[string]string{"num.partitions": "x"}}, "num.partitions=x"},
		"set contradiction": {Options{Set: map[string]string{"node.id": "1", "broker.id": "2"}}, "node.id"},
		"listen":            {Options{Listen: []string{"9092"}}, "HOST:PORT"},
		"listen port":       {Options{Listen: []string{"h:99999"}}, "port"},
		"advertise":         {Options{Advertise: []string{"h"}}, "HOST:PORT"},
		"advertise port 0":  {Options{Advertise: []string{"h:0"}}, "port"},
		"advertise network": {Options{Advertise: []string{"10/8=h:1"}}, "network"},
		"listeners":         {Options{Properties: serverProperties(t, "x=1", "listeners=9092")}, "server.properties:2: "},
		"ssl":               {Options{Properties: serverProperties(t, "listeners=SSL://:9093")}, "server.properties:1: "},
		"mapped ssl":        {Options{Properties: serverProperties(t, "listeners=OUT://:9093", "listener.security.protocol.map=OUT:SASL_SSL")}, "SASL_SSL"},
		"only controllers":  {Options{Properties: serverProperties(t, "listeners=C://:9093", "controller.listener.names=C")}, "server.properties:1: "},
		"advertised":        {Options{Properties: serverProperties(t, "advertised.listeners=X://h:1")}, "server.properties:1: "},
		"log.dirs":          {Options{Properties: serverProperties(t, "log.dirs=/a,/b")}, "server.properties:1: "},
		"no directory":      {Options{}, "data directory"},
	} {
		if name != "log.dirs" && name != "no directory" {
			c.o.DataDir = "data"
		}
		if _, err := newSettings(c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, c.want)
		}
	}
}

func TestProperties(t *testing.T) {
	p := serverProperties(t,
		"# a comment", "num.partitions = 3", "", "zookeeper.connect=localhost:2181", "no.such.key=1",
		"retention.ms=5", "num.partitions : 4", `broker.rack=\u0061\`, "  b",
	)
	if v, _ := p.Get("num.partitions"); v != "4" {
		t.Errorf("num.partitions = %q, want the last", v)
	}
	if v, _ := p.Get("broker.rack"); v != "ab" {
		t.Errorf("broker.rack = %q", v)
	}
	for i, want := range []string{
		"server.properties:2: num.partitions is set again in line 7",
		"server.properties:4: zookeeper.connect is no longer a Kafka config",
		"server.properties:5: no.such.key is unknown",
		"server.properties:6: retention.ms is unknown",
	} {
		if i >= len(p.Warnings) || !strings.HasPrefix(p.Warnings[i], want) {
			t.Errorf("warning %d of %q, want %s", i, p.Warnings, want)
		}
	}
	for text, want := range map[string]string{
		"a=1\nnum.partitions=x\n":              "server.properties:2: ",
		"num.partitions=0\nbroker.id=x\n":      "server.properties:1: ",
		"a=\\u00zz\n":                          "server.properties",
		"broker.id=x\na=1\nnum.partitions=x\n": "and 1 more",
	} {
		_, err := ParseProperties("server.properties", []byte(text))
		var e *Error
		if !errors.As(err, &e) || !strings.Contains(err.Error(), want) || e.Next == "" || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: error %v, want one line with %q and a hint", text, err, want)
		}
	}
	if _, err := ReadProperties("no/such/file"); err == nil {
		t.Error("a missing file is no error")
	}
}

func TestAdvertise(t *testing.T) {
	networks, fixed, err := parseAdvertise([]string{"10.0.0.0/8=ten:1", "10.1.0.0/16=tenone:2", "192.168.1.5=one:3", "fd00::/8=six:4", "h:5", "auto"})
	if err != nil || fixed != nil {
		t.Fatal(fixed, err)
	}
	auto := &advertiser{nodeID: 1, networks: networks, fallback: hostPort{"memory", 9}}
	_, fixed, err = parseAdvertise([]string{"h:5"})
	if err != nil {
		t.Fatal(err)
	}
	static := &advertiser{nodeID: 1, networks: networks, fixed: fixed}
	file := &advertiser{nodeID: 1, networks: networks, byListener: map[uint16]hostPort{9092: {"file", 6}}}
	for _, c := range []struct {
		a             *advertiser
		remote, local string
		want          string
	}{
		{auto, "127.0.0.1:5000", "127.0.0.1:9092", "127.0.0.1:9092"},
		{auto, "[::1]:5000", "[::1]:9092", "[::1]:9092"},
		{auto, "[fe80::1%eth0]:5000", "[fe80::2%eth0]:9092", "[fe80::2]:9092"},
		{auto, "[::ffff:1.2.3.4]:5000", "[::ffff:1.2.3.5]:9092", "1.2.3.5:9092"},
		{auto, "[::ffff:10.2.3.4]:5000", "[::ffff:1.2.3.5]:9092", "ten:1"},
		{auto, "10.2.3.4:5000", "127.0.0.1:9092", "ten:1"},
		{auto, "10.1.3.4:5000", "127.0.0.1:9092", "tenone:2"},
		{auto, "192.168.1.5:1", "127.0.0.1:9092", "one:3"},
		{auto, "192.168.1.6:1", "127.0.0.1:9092", "127.0.0.1:9092"},
		{auto, "[fd12::1]:1", "127.0.0.1:9092", "six:4"},
		{auto, "", "", "memory:9"},
		{static, "192.168.1.6:1", "127.0.0.1:9092", "h:5"},
		{static, "10.2.3.4:1", "127.0.0.1:9092", "ten:1"},
		{file, "1.2.3.4:1", "127.0.0.1:9092", "file:6"},
		{file, "1.2.3.4:1", "127.0.0.1:9093", "127.0.0.1:9093"},
	} {
		conn := &api.Conn{}
		if c.remote != "" {
			conn.Remote = addrPort(net.TCPAddrFromAddrPort(netip.MustParseAddrPort(c.remote)))
			conn.Local = addrPort(net.TCPAddrFromAddrPort(netip.MustParseAddrPort(c.local)))
		}
		host, port, ok := c.a.advertised(conn, 1)
		if got := (hostPort{host, port}).String(); got != c.want || !ok {
			t.Errorf("client %s at %s is told %s, want %s", c.remote, c.local, got, c.want)
		}
		if _, _, ok := c.a.advertised(conn, 2); ok {
			t.Error("an unknown broker has an address")
		}
	}
}

func TestListen(t *testing.T) {
	ctx := t.Context()
	ls, err := openListeners(ctx, []listenSpec{{at: hostPort{"localhost", 0}}})
	if err != nil {
		t.Fatal(err)
	}
	defer closeListeners(ls)
	for _, l := range ls {
		if l.port() != ls[0].port() || l.port() == 0 {
			t.Errorf("ports differ: %d and %d", l.port(), ls[0].port())
		}
	}
	if want := fmt.Sprintf("127.0.0.1:%d", ls[0].port()); ls[0].address() != want {
		t.Errorf("address = %s, want %s", ls[0].address(), want)
	}
	for _, host := range []string{"localhost", "127.0.0.1"} {
		_, err = openListeners(ctx, []listenSpec{{at: hostPort{host, 0}}, {at: hostPort{host, int32(ls[0].port())}}})
		var e *Error
		if !errors.As(err, &e) || e.Next == "" || strings.Count(err.Error(), "127.0.0.1") > 1 {
			t.Errorf("port in use: %v, want one line and a hint", err)
		}
	}
	if _, err = openListeners(ctx, []listenSpec{{at: hostPort{"192.0.2.1", 0}}}); err == nil {
		t.Error("listening on somebody else's address worked")
	}
	wild, err := openListeners(ctx, []listenSpec{{at: hostPort{"", 0}}})
	if err != nil {
		t.Fatal(err)
	}
	defer closeListeners(wild)
	if !strings.HasPrefix(wild[0].address(), "127.0.0.1:") {
		t.Errorf("address of a wildcard = %s", wild[0].address())
	}
}
