package codec_test

import (
	"encoding/hex"
	"errors"
	"math"
	"reflect"
	"testing"

	"kq/pkg/streams/codec"
)

// The bytes of Kafka's own serdes: DoubleSerializer, FloatSerializer and so on.
func TestBytesOfEachCodec(t *testing.T) {
	w := codec.Windowed{Key: codec.Of("ab"), Start: 5000, End: 10000}
	tests := []struct {
		codec codec.Codec
		value any
		want  string
	}{
		{codec.String{}, "ab", "6162"},
		{codec.Long{}, int64(-2), "fffffffffffffffe"},
		{codec.Int{}, int64(258), "00000102"},
		{codec.Short{}, int64(-2), "fffe"},
		{codec.Double{}, 1.5, "3ff8000000000000"},
		{codec.Float{}, 1.5, "3fc00000"},
		{codec.Bool{}, true, "01"},
		{codec.Bytes{}, []byte{0, 255}, "00ff"},
		{codec.UUID{}, "00112233-4455-6677-8899-aabbccddeeff", hex.EncodeToString([]byte("00112233-4455-6677-8899-aabbccddeeff"))},
		{codec.JSON{}, map[string]any{"b": int64(1), "a": []any{nil, true, 1.0}}, hex.EncodeToString([]byte(`{"a":[null,true,1.0],"b":1}`))},
		{codec.TimeWindowed{Inner: codec.String{}, Size: 5000}, w, "61620000000000001388"},
		{codec.SessionWindowed{Inner: codec.String{}}, w, "616200000000000027100000000000001388"},
		{codec.WindowedJSON{Inner: codec.String{}}, w, hex.EncodeToString([]byte(`{"end":10000,"key":"ab","start":5000}`))},
	}
	for _, tt := range tests {
		t.Run(tt.codec.Name(), func(t *testing.T) {
			b, err := tt.codec.Append([]byte{9}, tt.value)
			if err != nil {
				t.Fatal(err)
			}
			if got := hex.EncodeToString(b[1:]); got != tt.want {
				t.Errorf("bytes %s, want %s", got, tt.want)
			}
			v := codec.Encoded(b[1:], tt.codec)
			d, err := v.Any()
			if err != nil {
				t.Fatal(err)
			}
			if _, ok := d.(codec.Windowed); !ok && !reflect.DeepEqual(d, tt.value) {
				t.Errorf("decoded %#v, want %#v", d, tt.value)
			}
			again := codec.Of(d)
			b2, err := again.Bytes(tt.codec)
			if err != nil || hex.EncodeToString(b2) != tt.want {
				t.Errorf("encoded again %x, %v", b2, err)
			}
		})
	}
}

func TestWhatACodecDoesNotTake(t *testing.T) {
	tests := []struct {
		codec codec.Codec
		value any
	}{
		{codec.String{}, map[string]any{}},
		{codec.String{}, codec.Windowed{}},
		{codec.Long{}, 1.5},
		{codec.Long{}, "1"},
		{codec.Int{}, int64(math.MaxInt32 + 1)},
		{codec.Short{}, int64(math.MinInt16 - 1)},
		{codec.Float{}, true},
		{codec.UUID{}, "00112233-4455-6677-8899-aabbccddeefg"},
		{codec.UUID{}, int64(1)},
		{codec.JSON{}, math.NaN()},
		{codec.JSON{}, struct{}{}},
		{codec.WindowedJSON{Inner: codec.String{}}, "ab"},
	}
	for _, tt := range tests {
		if b, err := tt.codec.Append(nil, tt.value); err == nil {
			t.Errorf("%s took %v: %x", tt.codec.Name(), tt.value, b)
		}
	}
	hostile := []struct {
		codec codec.Codec
		bytes string
	}{
		{codec.Short{}, "a"},
		{codec.Float{}, "abc"},
		{codec.UUID{}, "00112233-4455-6677-8899_aabbccddeeff"},
		{codec.JSON{}, ""},
		{codec.WindowedJSON{Inner: codec.Long{}}, `{"key":"a","start":1,"end":2}`},
		{codec.WindowedJSON{Inner: codec.String{}}, `{"key":"a","start":1.5,"end":2}`},
		{codec.WindowedJSON{Inner: codec.String{}}, `{"start":1,"end":2}`},
		{codec.WindowedJSON{Inner: codec.String{}}, `[]`},
	}
	for _, tt := range hostile {
		v := codec.Encoded([]byte(tt.bytes), tt.codec)
		_, err := v.Any()
		var de *codec.DecodeError
		if !errors.As(err, &de) {
			t.Errorf("%s read %q: %v", tt.codec.Name(), tt.bytes, err)
		}
	}
}

func TestNamed(t *testing.T) {
	names := append(codec.Names(), "sessionWindowed(long)", "windowedJson(string)")
	for _, n := range names {
		c, ok := codec.Named(n)
		if !ok || c.Name() != n {
			t.Errorf("Named(%q) = %v, %v", n, c, ok)
		}
	}
	for _, n := range []string{"", "String", "windowedJson", "windowedJson()", "windowedJson(x)", "windowedJson(sessionWindowed(long))", "timeWindowed(string)", "long("} {
		if c, ok := codec.Named(n); ok {
			t.Errorf("Named(%q) = %v", n, c.Name())
		}
	}
}

func TestWindowedKeysAreDividedByTheirInnerKey(t *testing.T) {
	for _, c := range []codec.Codec{codec.TimeWindowed{Inner: codec.Long{}, Size: 5}, codec.SessionWindowed{Inner: codec.Long{}}, codec.WindowedJSON{Inner: codec.Long{}}} {
		v := codec.Of(codec.Windowed{Key: codec.Of(int64(7)), Start: 5, End: 10})
		b, err := c.Append(nil, mustAny(t, &v))
		if err != nil {
			t.Fatal(err)
		}
		read := codec.Encoded(b, c)
		got, err := codec.PartitionBytes(&read, c)
		if err != nil || hex.EncodeToString(got) != "0000000000000007" {
			t.Errorf("%s: %x, %v", c.Name(), got, err)
		}
	}
}

func mustAny(t *testing.T, v *codec.Value) any {
	t.Helper()
	d, err := v.Any()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func FuzzCodecs(f *testing.F) {
	f.Add([]byte("00112233-4455-6677-8899-aabbccddeeff"))
	f.Add([]byte(`{"key":1,"start":1,"end":2}`))
	f.Add([]byte("12345678123456781234567812345678"))
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, n := range append(codec.Names(), "sessionWindowed(long)", "windowedJson(long)", "windowedJson(json)") {
			c, _ := codec.Named(n)
			d, err := c.Decode(b)
			if err != nil || d == nil {
				continue
			}
			out, err := c.Append(nil, d)
			if err != nil {
				t.Fatalf("%s: %x read but not written: %v", n, b, err)
			}
			d2, err := c.Decode(out)
			if err != nil {
				t.Fatalf("%s: %x written but not read: %v", n, out, err)
			}
			out2, err := c.Append(nil, d2)
			if err != nil || string(out2) != string(out) {
				t.Fatalf("%s: %x, then %x, %v", n, out, out2, err)
			}
		}
	})
}
