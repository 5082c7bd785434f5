package doctor

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// fakeBroker answers requests by their key, and closes at one it has no answer to.
func fakeBroker(t *testing.T, answers map[int16]func(body []byte) kmsg.Response) string {
	t.Helper()
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
				for {
					var size [4]byte
					if _, err := io.ReadFull(c, size[:]); err != nil {
						return
					}
					req := make([]byte, binary.BigEndian.Uint32(size[:]))
					if _, err := io.ReadFull(c, req); err != nil {
						return
					}
					answer := answers[int16(binary.BigEndian.Uint16(req))]
					if answer == nil {
						return
					}
					resp := answer(req[12:]) // the client id is kq
					resp.SetVersion(int16(binary.BigEndian.Uint16(req[2:])))
					body := append(req[4:8:8], resp.AppendTo(nil)...)
					if _, err := c.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), body...)); err != nil {
						return
					}
				}
			}()
		}
	}()
	return l.Addr().String()
}

func versions([]byte) kmsg.Response {
	resp := kmsg.NewPtrApiVersionsResponse()
	for _, key := range []int16{3, 17, 18, 36} {
		resp.ApiKeys = append(resp.ApiKeys, kmsg.ApiVersionsResponseApiKey{ApiKey: key, MaxVersion: 20})
	}
	return resp
}

func handshake(code int16) func([]byte) kmsg.Response {
	return func([]byte) kmsg.Response {
		resp := kmsg.NewPtrSASLHandshakeResponse()
		resp.ErrorCode, resp.SupportedMechanisms = code, []string{"PLAIN", "SCRAM-SHA-512"}
		return resp
	}
}

// login answers a first message and a second one.
func login(refusal string) func([]byte) kmsg.Response {
	return func(body []byte) kmsg.Response {
		resp := kmsg.NewPtrSASLAuthenticateResponse()
		switch string(body) {
		case "\x00\x00\x00\x05first":
			resp.SASLAuthBytes = []byte("challenge")
		case "\x00\x00\x00\x06second":
			if refusal != "" {
				resp.ErrorCode, resp.ErrorMessage = kerr.SaslAuthenticationFailed.Code, &refusal
			}
		}
		return resp
	}
}

func TestSASL(t *testing.T) {
	t.Parallel()
	sasl := &SASL{Mechanism: "TWO-STEPS", Start: func(context.Context, string) ([]byte, func([]byte) (bool, []byte, error), error) {
		return []byte("first"), func(challenge []byte) (bool, []byte, error) {
			return string(challenge) != "challenge", []byte("second"), nil
		}, nil
	}}
	for name, tt := range map[string]struct {
		answers map[int16]func([]byte) kmsg.Response
		sasl    *SASL
		step    string
		text    string
		hint    string
	}{
		"good":          {map[int16]func([]byte) kmsg.Response{18: versions, 17: handshake(0), 36: login("")}, sasl, StepMetadata, "closed the connection", "log"},
		"refused":       {map[int16]func([]byte) kmsg.Response{18: versions, 17: handshake(0), 36: login("wrong password")}, sasl, StepSASL, "refuses the login: wrong password", "password"},
		"mechanism":     {map[int16]func([]byte) kmsg.Response{18: versions, 17: handshake(33)}, sasl, StepSASL, "does not take the mechanism TWO-STEPS", "it takes: PLAIN, SCRAM-SHA-512"},
		"not wanted":    {map[int16]func([]byte) kmsg.Response{18: versions, 17: handshake(34)}, sasl, StepSASL, "wants no SASL", "leave SASL out"},
		"closes":        {map[int16]func([]byte) kmsg.Response{18: versions}, sasl, StepSASL, "closed the connection at the login", "password"},
		"not given":     {map[int16]func([]byte) kmsg.Response{18: versions}, nil, StepMetadata, "told its versions (ApiVersions) and then closed", "wants SASL"},
		"no versions":   {nil, nil, StepAPIVersions, "closed the connection at the first", "TLS"},
		"old at first":  {map[int16]func([]byte) kmsg.Response{18: oldVersions()}, nil, StepMetadata, "told its versions", "SASL"},
		"other answers": {map[int16]func([]byte) kmsg.Response{18: handshake(7)}, nil, StepAPIVersions, "cannot be read", "port"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := Run(t.Context(), Options{Bootstrap: []string{fakeBroker(t, tt.answers)}, SASL: tt.sasl})
			if err != nil {
				t.Fatal(err)
			}
			bad := r.FirstFailure()
			if bad == nil || bad.Name != tt.step || !strings.Contains(bad.Detail, tt.text) || !strings.Contains(bad.Hint, tt.hint) {
				t.Errorf("got %+v", bad)
			}
		})
	}
}

// oldVersions is a broker that does not know the version asked for: it says so
// in the form of version 0.
func oldVersions() func([]byte) kmsg.Response { return func([]byte) kmsg.Response { return &old{} } }

type old struct{ kmsg.ApiVersionsResponse }

func (o *old) AppendTo(dst []byte) []byte {
	if o.Version > 0 {
		o.ErrorCode = kerr.UnsupportedVersion.Code
		o.Version = 0
	}
	return o.ApiVersionsResponse.AppendTo(dst)
}

// FuzzDecode: whatever comes is an answer or an error; an answer encodes to the
// bytes it came from.
func FuzzDecode(f *testing.F) {
	resp := versions(nil)
	resp.SetVersion(3)
	f.Add(append([]byte{0, 0, 0, 1}, resp.AppendTo(nil)...), int16(3))
	f.Add([]byte{0, 0, 0, 1, 0, 35, 0, 0, 0, 0}, int16(3))
	f.Add([]byte{0, 0, 0, 1, 0, 33, 0, 0, 0, 1, 0, 1, 'P'}, int16(-1))
	f.Fuzz(func(t *testing.T, frame []byte, version int16) {
		var req kmsg.Request = kmsg.NewPtrApiVersionsRequest()
		if version < 0 {
			req = kmsg.NewPtrMetadataRequest()
			version = 8
		}
		req.SetVersion(version % 4)
		got, err := decode(req, frame, 1)
		if err != nil {
			return
		}
		again, err := decode(req, append([]byte{0, 0, 0, 1}, got.AppendTo(nil)...), 1)
		if err != nil {
			t.Fatalf("its own encoding is not read: %v", err)
		}
		if string(again.AppendTo(nil)) != string(got.AppendTo(nil)) {
			t.Error("decoding is not stable")
		}
	})
}

// TestAdvertisedHint: what is wrong with an advertised address is mended where it
// is advertised, but for a certificate.
func TestAdvertisedHint(t *testing.T) {
	broker := int32(2)
	v := &visit{addr: "b:1", broker: &broker, seed: &visit{addr: "a:1"}}
	v.fail(StepTCP, 0, failure{meaning: "no answer", hint: "check the network"})
	v.fail(StepTLS, 0, failure{meaning: "it has expired", hint: "renew it", stays: true})
	if got := v.steps[0].Hint; !strings.HasPrefix(got, "set advertised.listeners") {
		t.Errorf("an address: %s", got)
	}
	if got := v.steps[1].Hint; got != "renew it" {
		t.Errorf("a certificate: %s", got)
	}
}
