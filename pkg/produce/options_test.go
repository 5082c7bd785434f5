package produce

import (
	"errors"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
)

func TestValidate(t *testing.T) {
	minus, key := int32(-1), []byte{}
	for want, o := range map[string]Options{
		"no topic":              {},
		"a key delimiter":       {Topic: "t", Key: key, KeyDelim: []byte(":")},
		"keys beside":           {Topic: "t", Format: "json", Key: key},
		"which says null":       {Topic: "t", Format: "json", EmptyNull: true},
		"and no delimiter":      {Topic: "t", KeylessOK: true},
		"and a template":        {Topic: "t", Format: "%v\n", Whole: true},
		"partition -1":          {Topic: "t", Partition: &minus},
		`partitioner "x"`:       {Topic: "t", Partitioner: "x"},
		`acks "2"`:              {Topic: "t", Acks: "2"},
		`compression "zip"`:     {Topic: "t", Compression: "zip"},
		"of zstd are 1 to 22":   {Topic: "t", Compression: "zstd:23"},
		"gzip:x":                {Topic: "t", Compression: "gzip:x"},
		"snappy has no levels":  {Topic: "t", Compression: "snappy:1"},
		"a format that only":    {Topic: "t", Format: "pretty"},
		"unknown record format": {Topic: "t", Format: "values"},
	} {
		if err := o.Validate(); !errors.Is(err, ErrOptions) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	zero := int32(0)
	for _, o := range []Options{
		{Topic: "t"},
		{Topic: "t", Key: key, Partition: &zero, Partitioner: "rr", Acks: "0", Compression: "none"},
		{Topic: "t", KeyDelim: []byte(":"), KeylessOK: true, EmptyNull: true, Acks: "1", Compression: "zstd:3"},
		{Topic: "t", Format: "json", Whole: true, Acks: "all", Compression: "lz4"},
		{Topic: "t", Format: `%k\t%v\n`, EmptyNull: true, Compression: "gzip:9"},
	} {
		if err := o.Validate(); err != nil {
			t.Errorf("%+v: %v", o, err)
		}
		cl, err := kgo.NewClient(append(DefaultClientOptions(), o.ClientOptions()...)...)
		if err != nil {
			t.Errorf("%+v: %v", o, err)
			continue
		}
		cl.Close()
	}
}
