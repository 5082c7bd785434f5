package main

import (
	"bytes"
	"io"
	"os"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/cli"
	"kq/internal/format"
	"kq/internal/when"
	"kq/pkg/streams/codec"
)

// read is the sample as a record.
func (s *sample) read(stdin io.Reader) (*kgo.Record, error) {
	r := &kgo.Record{Timestamp: time.UnixMilli(0)}
	if err := s.readEnvelope(stdin, r); err != nil {
		return nil, err
	}
	if s.hasKey {
		r.Key = []byte(s.key)
	}
	if s.hasValue {
		r.Value = []byte(s.value)
	}
	if s.at != "" {
		at, err := when.Parse(s.at, time.Now())
		if err != nil {
			return nil, optionError("--at", err, "")
		}
		r.Timestamp = at
	}
	for _, h := range s.headers {
		name, value, ok := strings.Cut(h, "=")
		if !ok {
			return nil, cli.Usagef("--header %s: it is NAME=VALUE", h)
		}
		r.Headers = append(r.Headers, kgo.RecordHeader{Key: name, Value: []byte(value)})
	}
	return r, nil
}

func (s *sample) readEnvelope(stdin io.Reader, r *kgo.Record) error {
	if s.record == "" {
		return nil
	}
	if s.envelope == nil {
		line, err := s.open(stdin)
		if err != nil {
			return err
		}
		first, _, _ := bytes.Cut(bytes.TrimSpace(line), []byte("\n"))
		s.envelope = bytes.TrimSpace(first)
	}
	reader, err := format.ParseReader("json")
	if err != nil {
		return err
	}
	if _, err := reader.Read(r, bytes.Clone(s.envelope), false); err != nil {
		return cli.WithHint(cli.Usagef("--record: %w", err), `it is a record as kq consume -f json prints it, as {"key":"k","value":{"a":1}}`)
	}
	// The reader is made for producing: where the record was is not its business.
	place := make([]codec.Scalar, 2)
	if err := codec.NewPaths([][]string{{"topic"}, {"offset"}}).Read(s.envelope, place); err != nil {
		return err
	}
	r.Topic, r.Offset = strings.Clone(place[0].Text), place[1].Bits
	return nil
}

func (s *sample) open(stdin io.Reader) ([]byte, error) {
	if s.stdin() {
		return io.ReadAll(stdin)
	}
	if name, ok := strings.CutPrefix(s.record, "@"); ok {
		return os.ReadFile(name)
	}
	return []byte(s.record), nil
}

// sampleValue decodes b; without a codec it is JSON where it can be read as
// such, else text.
func sampleValue(flag, name string, b []byte) (codec.Value, error) {
	if name == "" {
		if _, err := (codec.JSON{}).Decode(b); err == nil {
			return codec.Encoded(b, codec.JSON{}), nil
		}
		name = "string"
	}
	c, ok := codec.Named(name)
	if !ok {
		return codec.Value{}, cli.WithHint(cli.Usagef("%s-as: there is no codec %q", flag, name), "it is one of %s", list(codec.Names()))
	}
	return codec.Encoded(b, c), nil
}
