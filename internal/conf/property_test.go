package conf_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kq/internal/conf"
)

func none(string) string { return "" }

// env reads variables from NAME=VALUE texts.
func env(vars ...string) func(string) string {
	return func(name string) string {
		for _, v := range vars {
			if value, ok := strings.CutPrefix(v, name+"="); ok {
				return value
			}
		}
		return ""
	}
}

func TestTableOfProperties(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range conf.Properties() {
		for _, name := range append([]string{p.Name}, p.Aliases...) {
			if seen[name] {
				t.Errorf("%s is there twice", name)
			}
			seen[name] = true
			if got, ok := conf.Find(name); !ok || got.Name != p.Name {
				t.Errorf("%s is not found", name)
			}
		}
		if p.Doc == "" || len(p.Doc) > 70 {
			t.Errorf("%s: its text is %q", p.Name, p.Doc)
		}
		if p.Kind == conf.Choice && len(p.Choices) == 0 {
			t.Errorf("%s has nothing to choose", p.Name)
		}
		if secret := strings.Contains(p.Name, "password") || strings.HasSuffix(p.Name, "token") || strings.Contains(p.Name, "jaas") || strings.HasSuffix(p.Name, ".key"); secret != p.Secret {
			t.Errorf("%s: secret is %v", p.Name, p.Secret)
		}
	}
	if got := conf.Env("ssl.ca.location"); got != "KQ_SSL_CA_LOCATION" {
		t.Error(got)
	}
}

// TestPrecedenceOfProperties: flag, environment, profile.
func TestPrecedenceOfProperties(t *testing.T) {
	dir := t.TempDir()
	config, props := filepath.Join(dir, "config.yaml"), filepath.Join(dir, "a.properties")
	for path, text := range map[string]string{
		config: "current: p\nprofiles:\n  p:\n    bootstrap: profile:1\n    timeout: 7s\n    dial-map: [a=b]\n    properties: {linger.ms: 1, client.id: profile, acks: 1}\n",
		props:  "linger.ms=3\nclient.rack=file\nbootstrap.servers=file:1\nkey.serializer=x\n",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	here := "KQ_CONFIG=" + config
	for _, tt := range []struct {
		flags     conf.Flags
		env       []string
		linger    time.Duration
		id, first string
	}{
		{conf.Flags{}, []string{here}, 1, "profile", "profile:1"},
		{conf.Flags{Profile: "-"}, []string{here}, 0, "", "localhost:9092"},
		{conf.Flags{}, []string{here, "KQ_PROFILE=-"}, 0, "", "localhost:9092"},
		{conf.Flags{}, []string{here, "KQ_QUEUE_BUFFERING_MAX_MS=2"}, 2, "profile", "profile:1"},
		{conf.Flags{}, []string{here, "KQ_QUEUE_BUFFERING_MAX_MS=2", "KQ_LINGER_MS=4", "KQ_BOOTSTRAP_SERVERS=e:1"}, 4, "profile", "e:1"},
		{conf.Flags{CommandConfig: props}, []string{here, "KQ_LINGER_MS=2", "KQ_BOOTSTRAP=e:1"}, 3, "profile", "file:1"},
		{conf.Flags{CommandConfig: props, Properties: []string{"linger.ms=5", "client.id=flag"}}, []string{here}, 5, "flag", "file:1"},
		{conf.Flags{Properties: []string{"linger.ms=5", "@" + props}, Bootstrap: "b:1"}, []string{here}, 3, "profile", "b:1"},
		{conf.Flags{Properties: []string{"linger.ms=5"}, Overrides: []string{"linger.ms=6"}}, nil, 6, "", "localhost:9092"},
	} {
		s, err := conf.Resolve(tt.flags, env(tt.env...))
		if err != nil {
			t.Fatal(err)
		}
		linger, _ := s.Values.Duration("linger.ms")
		if linger != tt.linger*time.Millisecond || s.Values.Text("client.id") != tt.id || s.Bootstrap[0] != tt.first {
			t.Errorf("%+v %v: got %v, %q, %v", tt.flags, tt.env, linger, s.Values.Text("client.id"), s.Bootstrap)
		}
		if tt.id == "profile" && (s.Timeout != 7*time.Second || s.DialMap.Map("a:1") != "b:1") {
			t.Errorf("timeout %v, dial map %v", s.Timeout, s.DialMap)
		}
	}
}

func TestSecurity(t *testing.T) {
	const login = " sasl.username=me sasl.password=x"
	for props, want := range map[string]string{
		"":                                       "PLAINTEXT",
		"ssl.ca.location=x":                      "SSL",
		"ssl.endpoint.identification.algorithm=": "SSL",
		"sasl.mechanism=plain" + login:           "SASL_PLAINTEXT PLAIN me",
		"sasl.mechanisms=SCRAM-SHA-256 ssl.ca.location=x" + login:             "SASL_SSL SCRAM-SHA-256 me",
		"security.protocol=sasl_ssl sasl.mechanism=PLAIN" + login:             "SASL_SSL PLAIN me",
		"security.protocol=PLAINTEXT sasl.mechanism=PLAIN ssl.key.password=x": "PLAINTEXT",
		"security.protocol=SSL sasl.mechanism=PLAIN":                          "SSL",
		"sasl.oauthbearer.token=abc sasl.oauthbearer.extensions=a=b,c=d":      "SASL_PLAINTEXT OAUTHBEARER ",
	} {
		s, err := conf.Resolve(conf.Flags{Properties: strings.Fields(props)}, none)
		if err != nil {
			t.Errorf("%s: %v", props, err)
			continue
		}
		got := s.Security.Protocol()
		if l := s.Security.SASL; l != nil {
			got += " " + l.Mechanism + " " + l.User
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", props, got, want)
		}
	}
	for props, want := range map[string]string{
		"security.protocol=SASL_SSL":                             "sasl.mechanism is not set",
		"security.protocol=SLL":                                  "not one of",
		"sasl.mechanism=GSSAPI":                                  "not one of",
		"sasl.mechanism=PLAIN sasl.username=me":                  "needs sasl.password",
		"sasl.mechanism=OAUTHBEARER":                             "needs a token",
		"ssl.key.location=x":                                     "a key without a certificate",
		"ssl.truststore.type=JKS":                                "kq reads PEM",
		"sasl.oauthbearer.token=x sasl.oauthbearer.extensions=y": "not KEY=VALUE",
		"acks=0 enable.idempotence=true":                         "needs acks=all",
		"fetch.min.bytes=-1":                                     "below 0",
		"linger.ms=1h":                                           "above 60000",
		"linger.ms=NaN":                                          "too long",
		"linger.ms=9e99":                                         "too long",
	} {
		_, err := conf.Resolve(conf.Flags{Properties: strings.Fields(props)}, none)
		var wrong *conf.Error
		if !errors.As(err, &wrong) || !strings.Contains(err.Error(), want) || wrong.ExitCode() != 2 {
			t.Errorf("%s: got %v, want %q", props, err, want)
		}
	}
}

func TestJAAS(t *testing.T) {
	const plain = "org.apache.kafka.common.security.plain.PlainLoginModule"
	const scram = "org.apache.kafka.common.security.scram.ScramLoginModule"
	for text, want := range map[string]string{
		plain + ` required username="alice" password="a\"b\\c;=";`:      `PLAIN alice a"b\c;=`,
		plain + " required\n  username=alice\n  password='x y' ;\n":     `PLAIN alice x y`,
		scram + ` REQUIRED username="a" password="b" tokenauth="true";`: `SCRAM-SHA-512 a b token`,
	} {
		props := []string{"sasl.jaas.config=" + text}
		if strings.HasPrefix(text, scram) {
			props = append(props, "sasl.mechanism=SCRAM-SHA-512")
		}
		s, err := conf.Resolve(conf.Flags{Properties: props}, none)
		if err != nil {
			t.Fatal(err)
		}
		l := s.Security.SASL
		got := l.Mechanism + " " + l.User + " " + l.Password
		if l.IsToken {
			got += " token"
		}
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	for _, text := range []string{
		"", "x", "x required", `x required a="b"`, `x required a;`, `x required a="b;`, `x required a=b; y`, `x required a=b a=b;`,
		plain + " required;", plain + " sometimes username=a password=b;", "org.example.LoginModule required;",
		"com.sun.security.auth.module.Krb5LoginModule required;", "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required;",
	} {
		if _, err := conf.Resolve(conf.Flags{Properties: []string{"sasl.jaas.config=" + text}}, none); err == nil {
			t.Errorf("%q passed", text)
		}
	}
	_, err := conf.Resolve(conf.Flags{Properties: []string{"sasl.mechanism=SCRAM-SHA-256", "sasl.jaas.config=" + plain + ` required username="a" password="b";`}}, none)
	if err == nil || !strings.Contains(err.Error(), "another mechanism") {
		t.Errorf("got %v", err)
	}
}

// jaasText writes what ParseJAAS reads.
func jaasText(j conf.JAAS) string {
	quote := func(s string) string { return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"` }
	text := quote(j.Module) + " " + j.Flag
	for _, name := range slices.Sorted(maps.Keys(j.Options)) {
		text += " " + quote(name) + "=" + quote(j.Options[name])
	}
	return text + ";"
}

func FuzzParseJAAS(f *testing.F) {
	for _, s := range []string{`a.B required x="y";`, `a required;`, `a required x='\n\t\\' y=z ;`, `"" optional ""="";`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		j, err := conf.ParseJAAS(s)
		if err != nil {
			return
		}
		again, err := conf.ParseJAAS(jaasText(j))
		if err != nil || again.Module != j.Module || again.Flag != j.Flag || !maps.Equal(again.Options, j.Options) {
			t.Errorf("%q gave %v, which gives %v, %v", s, j, again, err)
		}
	})
}
