package api

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/meta"
	"kq/pkg/broker/internal/wire"
)

// apache is what Apache Kafka 4.3.1 advertises on a broker listener.
var apache = map[int16][2]int16{
	0: {0, 13}, 1: {4, 18}, 2: {1, 11}, 3: {0, 13}, 8: {2, 10}, 9: {1, 10}, 10: {0, 6}, 11: {0, 9},
	12: {0, 4}, 13: {0, 5}, 14: {0, 5}, 15: {0, 6}, 16: {0, 5}, 17: {0, 1}, 18: {0, 4}, 19: {2, 7},
	20: {1, 6}, 21: {0, 2}, 22: {0, 5}, 23: {2, 4}, 24: {0, 5}, 25: {0, 4}, 26: {0, 5}, 27: {1, 2},
	28: {0, 5}, 29: {1, 3}, 30: {1, 3}, 31: {1, 3}, 32: {1, 4}, 33: {0, 2}, 34: {1, 2}, 35: {1, 5},
	36: {0, 2}, 37: {0, 3}, 38: {1, 3}, 39: {1, 2}, 40: {1, 2}, 41: {1, 3}, 42: {0, 2}, 43: {0, 2},
	44: {0, 1}, 45: {0, 1}, 46: {0, 0}, 47: {0, 0}, 48: {0, 1}, 49: {0, 1}, 50: {0, 0}, 51: {0, 0},
	55: {0, 2}, 57: {0, 2}, 60: {0, 2}, 61: {0, 0}, 64: {0, 0}, 65: {0, 0}, 66: {0, 2}, 68: {0, 1},
	69: {0, 1}, 74: {0, 1}, 75: {0, 0}, 76: {1, 1}, 77: {1, 1}, 78: {1, 2}, 79: {1, 2}, 80: {0, 1},
	81: {0, 0}, 83: {0, 0}, 84: {0, 0}, 85: {0, 1}, 86: {0, 0}, 87: {0, 1}, 88: {0, 0}, 89: {0, 0},
	90: {0, 1}, 91: {0, 0}, 92: {0, 0},
}

func TestTableIsWhatApacheAdvertises(t *testing.T) {
	for key, rt := range testService().table() {
		if rt.handle == nil {
			continue
		}
		if want, ok := apache[int16(key)]; !ok || want != [2]int16{rt.min, rt.max} {
			t.Errorf("%s is served at %d-%d, Apache Kafka has %v", rt.name, rt.min, rt.max, want)
		}
		if rt.name != kmsg.NameForKey(int16(key)) {
			t.Errorf("key %d is named %s, want %s", key, rt.name, kmsg.NameForKey(int16(key)))
		}
		q := kmsg.RequestForKey(int16(key))
		if q.MaxVersion() < rt.max {
			t.Errorf("%s: kmsg knows no version %d", rt.name, rt.max)
		}
	}
}

func apiVersionsRequest(version int16) *kmsg.ApiVersionsRequest {
	q := kmsg.NewPtrApiVersionsRequest()
	q.SetVersion(version)
	q.ClientSoftwareName, q.ClientSoftwareVersion = "kq-test", "1.2.3"
	return q
}

func TestApiVersions(t *testing.T) {
	s := testService()
	for version := int16(0); version <= 4; version++ {
		resp := ask(t, s, apiVersionsRequest(version)).(*kmsg.ApiVersionsResponse)
		if resp.ErrorCode != 0 || len(resp.ApiKeys) == 0 {
			t.Fatalf("version %d: %+v", version, resp)
		}
		for i, k := range resp.ApiKeys {
			rt := s.table()[k.ApiKey]
			if rt.handle == nil || k.MinVersion != rt.min || k.MaxVersion != rt.max {
				t.Errorf("version %d advertises %+v, served is %+v", version, k, rt)
			}
			if i > 0 && resp.ApiKeys[i-1].ApiKey >= k.ApiKey {
				t.Errorf("version %d: keys out of order", version)
			}
		}
	}
}

func TestApiVersionsTooNew(t *testing.T) {
	_, a := send(testService(), wire.KeyApiVersions, 99, []byte("not for us"))
	<-a.done
	resp := kmsg.NewPtrApiVersionsResponse() // version 0
	if err := resp.ReadFrom(a.reply); err != nil || a.closed != nil {
		t.Fatalf("answer %x: %v, closed %v", a.reply, err, a.closed)
	}
	if resp.ErrorCode != 35 || len(resp.ApiKeys) != 1 || resp.ApiKeys[0].ApiKey != 18 || resp.ApiKeys[0].MaxVersion != 4 {
		t.Errorf("answer %+v, want error 35 and the range of key 18", resp)
	}
}

func TestApiVersionsSoftware(t *testing.T) {
	for name, ok := range map[string]bool{
		"a": true, "librdkafka": true, "apache-kafka-java": true, "1.2.3-SNAPSHOT": true, "A0": true,
		"": false, "-a": false, "a-": false, ".a": false, "a b": false, "ä": false, "a_b": false, "a\n": false,
	} {
		q := apiVersionsRequest(3)
		q.ClientSoftwareName = name
		want := int16(42)
		if ok {
			want = 0
		}
		if got := ask(t, testService(), q).(*kmsg.ApiVersionsResponse); got.ErrorCode != want {
			t.Errorf("software name %q: error %d, want %d", name, got.ErrorCode, want)
		}
		q = apiVersionsRequest(4)
		q.ClientSoftwareVersion = name
		if got := ask(t, testService(), q).(*kmsg.ApiVersionsResponse); got.ErrorCode != want {
			t.Errorf("software version %q: error %d, want %d", name, got.ErrorCode, want)
		}
	}
	q := apiVersionsRequest(3)
	r, a := send(testService(), 18, 3, q.AppendTo(nil))
	<-a.done
	if got := r.Conn.Software(); got != (Software{"kq-test", "1.2.3"}) {
		t.Errorf("software = %+v", got)
	}
}

func TestApiVersionsFeatures(t *testing.T) {
	img, err := meta.NewImage("AAAAAAAAAAAAAAAAAAAAAA").Apply(
		&meta.RegisterBroker{BrokerID: 1, Features: []meta.FeatureRange{
			{Name: "metadata.version", Min: 7, Max: 27}, {Name: "kraft.version", Min: 0, Max: 1},
		}},
		&meta.FeatureLevel{Name: "metadata.version", Level: 27},
	)
	if err != nil {
		t.Fatal(err)
	}
	img.Offset = 42
	s := &Service{NodeID: 1, Image: func() *meta.Image { return img }}
	for version, supported := range map[int16]int{2: 0, 3: 1, 4: 2} {
		resp := ask(t, s, apiVersionsRequest(version)).(*kmsg.ApiVersionsResponse)
		if len(resp.SupportedFeatures) != supported {
			t.Errorf("version %d: supported %+v, want %d", version, resp.SupportedFeatures, supported)
		}
		if version < 3 {
			continue
		}
		if resp.FinalizedFeaturesEpoch != 42 || len(resp.FinalizedFeatures) != 1 || resp.FinalizedFeatures[0].MaxVersionLevel != 27 {
			t.Errorf("version %d: finalized %+v at %d", version, resp.FinalizedFeatures, resp.FinalizedFeaturesEpoch)
		}
	}
}
