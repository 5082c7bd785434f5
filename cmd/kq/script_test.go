package main

import (
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"kq/internal/cli"
	"kq/internal/golden"
	"kq/pkg/broker/brokertest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"kq":   func() { os.Exit(run(cli.OS(), os.Args[1:])) },
		"http": func() { os.Exit(httpProgram()) },
	})
}

// TestScript runs testdata/script/NOUN/*.txtar, each with a broker of its own in
// KQ_BOOTSTRAP and the servers of others in variables.
func TestScript(t *testing.T) {
	nouns, err := os.ReadDir(filepath.Join("testdata", "script"))
	if err != nil {
		t.Fatal(err)
	}
	others := startOthers(t)
	for _, noun := range nouns {
		t.Run(noun.Name(), func(t *testing.T) {
			t.Parallel()
			p := scriptParams(others, func(*testscript.Env) string { return brokertest.Start(t, quickShares()...).Addr() })
			p.Dir = filepath.Join("testdata", "script", noun.Name())
			testscript.Run(t, p)
		})
	}
}

// shareSettings let members of share groups get their partitions within a second.
func shareSettings() map[string]string {
	return map[string]string{
		"group.share.heartbeat.interval.ms": "1000", "group.share.min.heartbeat.interval.ms": "1000", "group.share.assignment.interval.ms": "0",
	}
}

func quickShares() (options []brokertest.Option) {
	for key, value := range shareSettings() {
		options = append(options, brokertest.Set(key, value))
	}
	return options
}

// scriptParams is how scripts run: with a broker, and with the servers of others.
func scriptParams(others map[string]string, broker func(*testscript.Env) string) testscript.Params {
	return testscript.Params{
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       golden.Update(),
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "addline": addLine, "damage": damage, "until": until},
		Setup: func(env *testscript.Env) error {
			addr := broker(env)
			env.Setenv("KQ_BOOTSTRAP", addr)
			env.Setenv("BROKER", addr)
			env.Setenv("NO_COLOR", "1")
			for name, addr := range others {
				env.Setenv(name, addr)
			}
			return nil
		},
	}
}

// exits N CMD ARG… runs a command that must end with exit code N.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [ARG…]")
	}
	code := 0
	err := ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code, err = exit.ExitCode(), nil
	}
	ts.Check(err)
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

// until REGEX CMD ARG… runs a command again and again until it prints what REGEX
// matches.
func until(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: until REGEX COMMAND [ARG…]")
	}
	re, err := regexp.Compile(args[0])
	ts.Check(err)
	for end := time.Now().Add(30 * time.Second); ; {
		err := ts.Exec(args[1], args[2:]...)
		if err == nil && re.MatchString(ts.ReadFile("stdout")) {
			return
		}
		if time.Now().After(end) {
			ts.Fatalf("nothing matches %s: %v", args[0], err)
		}
	}
}

// addline FILE SIZE adds a line of SIZE bytes to a file.
func addLine(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: addline FILE SIZE")
	}
	size, err := strconv.Atoi(args[1])
	ts.Check(err)
	f, err := os.OpenFile(ts.MkAbs(args[0]), os.O_WRONLY|os.O_APPEND, 0)
	ts.Check(err)
	_, err = f.WriteString(strings.Repeat("x", size) + "\n")
	ts.Check(errors.Join(err, f.Close()))
}

// damage FILE OLD NEW changes bytes in the middle of a file.
func damage(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 || len(args[1]) != len(args[2]) {
		ts.Fatalf("usage: damage FILE OLD NEW, of the same length")
	}
	old := ts.ReadFile(args[0])
	if strings.Count(old, args[1]) != 1 {
		ts.Fatalf("%s does not hold %q once", args[0], args[1])
	}
	f, err := os.OpenFile(ts.MkAbs(args[0]), os.O_WRONLY, 0)
	ts.Check(err)
	_, err = f.WriteAt([]byte(args[2]), int64(strings.Index(old, args[1])))
	ts.Check(errors.Join(err, f.Close()))
}

// startOthers starts servers that are no brokers, and returns their addresses by
// the name of a variable.
func startOthers(t *testing.T) map[string]string {
	quiet := log.New(io.Discard, "", 0)
	plain := httptest.NewUnstartedServer(http.NotFoundHandler())
	plain.Config.ErrorLog = quiet
	plain.Start()
	t.Cleanup(plain.Close)
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = quiet
	secure.StartTLS()
	t.Cleanup(secure.Close)
	return map[string]string{
		"HTTP":   plain.Listener.Addr().String(),
		"HTTPS":  secure.Listener.Addr().String(),
		"TLS":    serveConns(t, func(c net.Conn) { _ = tls.Server(c, secure.TLS).Handshake() }),
		"SILENT": serveConns(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }),
		"CLOSES": serveConns(t, func(net.Conn) {}),
		"DEAD":   dead(t),
	}
}

// serveConns gives each connection of a free port to f, and closes it then.
func serveConns(t *testing.T, f func(net.Conn)) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				f(c)
			}()
		}
	}()
	return l.Addr().String()
}

// dead is an address that refuses connections until the test ends: a connection
// holds its port, so that no broker of another test gets it.
func dead(t *testing.T) string {
	there := serveConns(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}}
	c, err := d.DialContext(t.Context(), "tcp", there)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c.LocalAddr().String()
}

// unused is an address where nothing listens.
func unused(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
