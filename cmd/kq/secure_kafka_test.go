//go:build interop

package main

import (
	"crypto/x509"
	"encoding/pem"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// TestSecureKafka runs testdata/secure on an Apache Kafka that has listeners with
// TLS and SASL beside a plain one. Its users are alice and, for SCRAM, bob, their
// passwords alice-secret and bob-secret.
func TestSecureKafka(t *testing.T) {
	dir := t.TempDir()
	keys, ca := serverKeys(t, dir)
	addrs := map[string]string{"KAFKA_SASL": unused(t), "KAFKA_TLS": unused(t), "KAFKA_SASL_TLS": unused(t)}
	settings := map[string]string{
		"listeners":                      "SASL_PLAINTEXT://" + addrs["KAFKA_SASL"] + ",SSL://" + addrs["KAFKA_TLS"] + ",SASL_SSL://" + addrs["KAFKA_SASL_TLS"],
		"listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL",
		"sasl.enabled.mechanisms":        "PLAIN,SCRAM-SHA-256",
		"ssl.keystore.type":              "PEM",
		"ssl.keystore.location":          keys,
	}
	for _, listener := range []string{"sasl_plaintext", "sasl_ssl"} {
		settings["listener.name."+listener+".plain.sasl.jaas.config"] = `org.apache.kafka.common.security.plain.PlainLoginModule required user_alice="alice-secret";`
		settings["listener.name."+listener+".scram-sha-256.sasl.jaas.config"] = `org.apache.kafka.common.security.scram.ScramLoginModule required;`
	}
	addr := startKafka(t, settings)
	cl, err := kgo.NewClient(kgo.SeedBrokers(addr))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	users, err := kadm.NewClient(cl).AlterUserSCRAMs(t.Context(), nil, []kadm.UpsertSCRAM{
		{User: "bob", Mechanism: kadm.ScramSha256, Iterations: 4096, Password: "bob-secret"},
	})
	if err != nil || users.Error() != nil {
		t.Fatal(err, users.Error())
	}
	others := startOthers(t)
	maps.Copy(others, addrs)
	others["CA"] = ca
	p := scriptParams(others, func(*testscript.Env) string { return addr })
	p.Dir, p.UpdateScripts = filepath.Join("testdata", "secure"), false
	testscript.RunT(serial{t}, p)
}

// serverKeys writes the key and certificate of a server on 127.0.0.1, as Kafka
// reads them, and who signed it.
func serverKeys(t *testing.T, dir string) (keys, ca string) {
	t.Helper()
	s := httptest.NewTLSServer(http.NotFoundHandler())
	defer s.Close()
	key, err := x509.MarshalPKCS8PrivateKey(s.TLS.Certificates[0].PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	keys, ca = filepath.Join(dir, "server.pem"), filepath.Join(dir, "ca.pem")
	for name, text := range map[string][]byte{
		keys: append(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}), cert...),
		ca:   cert,
	} {
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return keys, ca
}
