//go:build interop

package interop

import (
	"os/exec"
	"strings"
	"testing"
)

// startSecure starts a Kafka with the listeners of s, and makes its SCRAM user.
func startSecure(t *testing.T, s *Secure) *Kafka {
	t.Helper()
	k, err := StartKafka(t.Context(), installed.jars, t.TempDir(), s.Settings)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := k.Kill(); err != nil {
			t.Error(err)
		}
	})
	out, err := JVM(t.Context(), installed.jars, "kafka.admin.ConfigCommand", "--bootstrap-server", k.Addr, "--alter",
		"--add-config", "SCRAM-SHA-512=[password="+SecurePassword+"]", "--entity-type", "users", "--entity-name", SecureUser).CombinedOutput()
	if err != nil {
		t.Fatalf("make the SCRAM user: %v: %s", err, out)
	}
	return k
}

// TestSecureApache: kq logs in at a real Kafka in every way it knows, and says
// what is wrong where it cannot.
func TestSecureApache(t *testing.T) {
	s, err := NewSecure(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	k := startSecure(t, s)
	login := func(mechanism, password string) []string {
		return []string{"sasl.mechanism=" + mechanism, "sasl.username=" + SecureUser, "sasl.password=" + password}
	}
	jaas := func(module, password string) string {
		return "sasl.jaas.config=org.apache.kafka.common.security." + module + ` required username="` + SecureUser + `" password="` + password + `";`
	}
	trust := "ssl.truststore.location=" + s.CA
	for _, tt := range []struct {
		name  string
		addr  string
		props []string
		want  string // "" for success
	}{
		{"PLAIN over TLS", s.SASLSSL, append(login("PLAIN", SecurePassword), trust), ""},
		{"SCRAM over TLS", s.SASLSSL, append(login("SCRAM-SHA-512", SecurePassword), trust), ""},
		{"Java's way", s.SASLSSL, []string{"security.protocol=SASL_SSL", "sasl.mechanism=SCRAM-SHA-512", jaas("scram.ScramLoginModule", SecurePassword), trust, "ssl.truststore.type=PEM"}, ""},
		{"PLAIN in plain text", s.SASLPlain, []string{jaas("plain.PlainLoginModule", SecurePassword)}, ""},
		{"token", s.SASLPlain, []string{"sasl.oauthbearer.token=" + UnsecuredToken(SecureUser)}, ""},
		{"wrong token", s.SASLPlain, []string{"sasl.oauthbearer.token=wrong-secret"}, "SASL OAUTHBEARER: the token is refused, invalid_token"},
		{"client certificate", s.MutualTLS, []string{trust, "ssl.keystore.location=" + s.Client}, ""},
		{"wrong password of PLAIN", s.SASLSSL, append(login("PLAIN", "wrong-secret"), trust), `SASL PLAIN as "alice": Authentication failed: Invalid username or password`},
		{"wrong password of SCRAM", s.SASLSSL, append(login("SCRAM-SHA-512", "wrong-secret"), trust), `SASL SCRAM-SHA-512 as "alice": Authentication failed`},
		{"other mechanism", s.SASLSSL, append(login("SCRAM-SHA-256", SecurePassword), trust), "and it offers PLAIN, SCRAM-SHA-512"},
		{"no login", s.SASLPlain, nil, "it wants a login (SASL) with OAUTHBEARER, PLAIN, and none was given"},
		{"no login over TLS", s.SASLSSL, []string{trust}, "it wants a login (SASL) with PLAIN, SCRAM-SHA-512, and none was given"},
		{"no TLS", s.SASLSSL, nil, "speaks TLS, and this connection is plain text"},
		{"unknown authority", s.SASLSSL, append(login("PLAIN", SecurePassword), "security.protocol=SASL_SSL"), "signed by an authority that is not trusted here"},
		{"no client certificate", s.MutualTLS, []string{trust}, "it wants a client certificate, and none was given"},
		{"TLS on the plain listener", k.Addr, []string{trust}, "speaks plain text, and TLS was asked for"},
		{"login on the plain listener", k.Addr, login("PLAIN", SecurePassword), "its listener takes no login"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			args := []string{"topics", "-v", "-b", tt.addr}
			for _, p := range tt.props {
				args = append(args, "-X", p)
			}
			out, err := exec.CommandContext(t.Context(), installed.kq, args...).CombinedOutput()
			switch {
			case tt.want == "" && err != nil, tt.want != "" && err == nil:
				t.Errorf("%v: %s", err, out)
			case !strings.Contains(string(out), tt.want):
				t.Errorf("it does not say %q: %s", tt.want, out)
			case strings.Contains(string(out), "-secret"):
				t.Errorf("a password shows: %s", out)
			}
		})
	}
	for _, args := range [][]string{
		{"topic", "create", "orders", "-p", "1"},
		{"produce", "orders", "--value", "hello"},
		{"consume", "orders", "-f", "value"},
		{"doctor"},
	} {
		args = append(args, "-b", s.SASLSSL)
		for _, p := range append(login("SCRAM-SHA-512", SecurePassword), trust) {
			args = append(args, "-X", p)
		}
		if out, err := exec.CommandContext(t.Context(), installed.kq, args...).CombinedOutput(); err != nil || args[0] == "consume" && string(out) != "hello\n" {
			t.Errorf("%s: %v: %s", args[0], err, out)
		}
	}
}
