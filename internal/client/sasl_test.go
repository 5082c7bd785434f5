package client

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/internal/conf"
)

// saslBroker is a broker that wants a login with PLAIN or OAUTHBEARER, that of
// alice with the password or token "secret". It hangs up on all others, as Kafka does.
func saslBroker(t *testing.T, mechanisms ...string) string {
	var self string
	ready := make(chan struct{})
	self = listen(t, func(c net.Conn) {
		<-ready
		defer c.Close()
		s := saslConn{c: c, r: bufio.NewReader(c), mechanisms: mechanisms}
		if s.login() {
			fakeBroker(self, -1)(c) // nobody sends more before the login is answered
		}
	})
	close(ready)
	return self
}

// TestFarBroker: each step of a login is in time, all together are not.
func TestFarBroker(t *testing.T) {
	t.Parallel()
	near := saslBroker(t, "PLAIN")
	far := listen(t, func(c net.Conn) {
		defer c.Close()
		up, err := net.Dial("tcp", near)
		if err != nil {
			return
		}
		defer up.Close()
		go func() { _, _ = io.Copy(up, c) }()
		buf := make([]byte, 64<<10)
		for {
			n, err := up.Read(buf)
			if err != nil {
				return
			}
			<-time.After(350 * time.Millisecond)
			if _, err := c.Write(buf[:n]); err != nil {
				return
			}
		}
	})
	err := ask(t, Options{ConnectTimeout: time.Second}, conf.Flags{
		Bootstrap: far, Properties: []string{"sasl.mechanism=PLAIN", "sasl.username=alice", "sasl.password=secret"},
	})
	if err != nil {
		t.Error(err)
	}
}

type saslConn struct {
	c          net.Conn
	r          *bufio.Reader
	mechanisms []string
}

// login answers until somebody has logged in.
func (s *saslConn) login() bool {
	for {
		var head [12]byte
		if _, err := io.ReadFull(s.r, head[:]); err != nil {
			return false
		}
		rest := make([]byte, int32(binary.BigEndian.Uint32(head[:]))-8)
		if _, err := io.ReadFull(s.r, rest); err != nil {
			return false
		}
		key, version := int16(binary.BigEndian.Uint16(head[4:])), int16(binary.BigEndian.Uint16(head[6:]))
		rest = rest[2+int16(binary.BigEndian.Uint16(rest)):] // the client id
		var resp kmsg.Response
		done, refused := false, false
		switch key {
		case keyAPIVersions:
			r := kmsg.NewPtrApiVersionsResponse()
			r.Version = min(version, 3)
			for _, k := range []int16{3, keyHandshake, keyAPIVersions, keyAuthenticate} {
				r.ApiKeys = append(r.ApiKeys, kmsg.ApiVersionsResponseApiKey{ApiKey: k, MaxVersion: map[int16]int16{3: 4, keyHandshake: 1, keyAPIVersions: 4, keyAuthenticate: 1}[k]})
			}
			resp = r
		case keyHandshake:
			req, r := kmsg.NewPtrSASLHandshakeRequest(), kmsg.NewPtrSASLHandshakeResponse()
			req.Version, r.Version, r.SupportedMechanisms = version, version, s.mechanisms
			if req.ReadFrom(rest) != nil {
				return false
			}
			switch {
			case len(s.mechanisms) == 0:
				r.ErrorCode = 34
			case !slices.Contains(s.mechanisms, req.Mechanism):
				r.ErrorCode, refused = 33, true
			}
			resp = r
		case keyAuthenticate:
			req, r := kmsg.NewPtrSASLAuthenticateRequest(), kmsg.NewPtrSASLAuthenticateResponse()
			req.Version, r.Version = version, version
			if req.ReadFrom(rest) != nil {
				return false
			}
			given := string(req.SASLAuthBytes)
			resp = r
			if strings.Contains(given, "Bearer bad") {
				r.SASLAuthBytes = []byte(`{"status":"invalid_token"}`)
				break
			}
			if done = given == "\x00alice\x00secret" || strings.HasPrefix(given, "n,,\x01auth=Bearer secret\x01"); !done {
				r.ErrorCode, r.ErrorMessage, refused = 58, kmsg.StringPtr("Authentication failed: Invalid username or password"), true
			}
		default:
			return false
		}
		body := resp.AppendTo(nil)
		out := append(binary.BigEndian.AppendUint32(nil, uint32(4+len(body))), head[8:12]...)
		if _, err := s.c.Write(append(out, body...)); err != nil || refused {
			return false
		}
		if done {
			return true
		}
	}
}

func TestSASL(t *testing.T) {
	t.Parallel()
	plain := saslBroker(t, "PLAIN", "OAUTHBEARER")
	tests := []struct {
		name  string
		addr  string
		props string
		want  string
	}{
		{"PLAIN", plain, "sasl.mechanism=PLAIN sasl.username=alice sasl.password=secret", ""},
		{"OAUTHBEARER", plain, "sasl.oauthbearer.token=secret", ""},
		{"wrong password", plain, "sasl.mechanism=PLAIN sasl.username=alice sasl.password=wrong", `SASL PLAIN as "alice": Authentication failed: Invalid username or password`},
		{"wrong token", plain, "sasl.oauthbearer.token=old", "SASL OAUTHBEARER: Authentication failed"},
		{"refused token", plain, "sasl.oauthbearer.token=bad", "SASL OAUTHBEARER: the token is refused, invalid_token"},
		{"other mechanism", plain, "sasl.mechanism=SCRAM-SHA-512 sasl.username=alice sasl.password=secret", `SASL SCRAM-SHA-512 as "alice" was tried, and it offers OAUTHBEARER, PLAIN`},
		{"no login", plain, "", "it wants a login (SASL) with OAUTHBEARER, PLAIN, and none was given"},
		{"no login wanted", saslBroker(t), "sasl.mechanism=PLAIN sasl.username=alice sasl.password=secret", "its listener takes no login"},
		{"knows no SASL", listen(t, fakeBroker("127.0.0.1:1", -1)), "sasl.mechanism=PLAIN sasl.username=alice sasl.password=secret", "closed the connection at the login (SASL PLAIN"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := ask(t, Options{ConnectTimeout: testTimeout}, conf.Flags{Bootstrap: tt.addr, Properties: strings.Fields(tt.props)})
			expect(t, err, tt.want)
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("the password shows: %v", err)
			}
		})
	}
}
