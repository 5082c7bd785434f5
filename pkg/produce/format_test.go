package produce

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

func TestRecords(t *testing.T) {
	two := int32(2)
	h := []kgo.RecordHeader{{Key: "a", Value: []byte("1")}, {Key: "b"}, {Key: "a"}}
	many := strings.Repeat("k\tv\n", 3*chunkRecords)
	tests := []struct {
		name   string
		opts   Options
		inputs []Input
		want   []string
	}{
		{"headers", Options{Headers: h}, []Input{text("a", "x\ny\n")}, []string{"-=x a:1 b:- a:-", "-=y a:1 b:- a:-"}},
		{"a partition", Options{Partition: &two}, []Input{text("a", "x")}, []string{"-=x p2"}},
		{"no key", Options{KeyDelim: []byte(":"), KeylessOK: true}, []Input{text("a", "k:v\nx\n")}, []string{"k=v", "-=x"}},
		{"empty is null", Options{KeyDelim: []byte(":"), EmptyNull: true}, []Input{text("a", ":v\nk:\n:\n")}, []string{"-=v", "k=-", "-=-"}},
		{"an empty key of all stays", Options{Key: []byte{}, EmptyNull: true}, []Input{text("a", "\n")}, []string{"=-"}},
		{"whole inputs", Options{Whole: true}, []Input{text("a", "x\ny\n"), text("b", ""), text("c", strings.Repeat("z", 3*chunkBytes))}, []string{"-=x\ny\n", "-=", "-=" + strings.Repeat("z", 3*chunkBytes)}},
		{"a tombstone", Options{Whole: true, Key: []byte("k"), EmptyNull: true}, []Input{text("a", "")}, []string{"k=-"}},
		{
			"json",
			Options{Format: "json", Headers: h[:1]},
			[]Input{text("a", `{"key":null,"value":"v","partition":1}`+"\n"+`{"key":"a\u0062","value":null,"headers":[["x","y"],["z",null]]}`)},
			[]string{"-=v a:1 p1", "ab=- x:y z:- a:1"},
		},
		{"json, one partition", Options{Format: "json", Partition: &two}, []Input{text("a", `{"value":"v","partition":1}`)}, []string{"-=v p2"}},
		{"json without partitions", Options{Format: "json", DropPartitions: true}, []Input{text("a", `{"value":"v","partition":1}`)}, []string{"-=v"}},
		{"json, whole", Options{Format: "json", Whole: true}, []Input{text("a", "{\n\"value\":\n\"v\"}\n")}, []string{"-=v"}},
		{"a template", Options{Format: `%k\t%v\n`}, []Input{text("a", many+"a\tb"), text("b", "\t\n")}, append(strings.Split(strings.Repeat("k=v ", 3*chunkRecords), " ")[:3*chunkRecords], "a=b", "=")},
		{"a template, empty is null", Options{Format: `%k\t%v\n`, EmptyNull: true}, []Input{text("a", "\t\n")}, []string{"-=-"}},
		{"sizes", Options{Format: `%K %V %k%v`}, []Input{text("a", "-1 3 a\nb1 0 k")}, []string{"-=a\nb", "k="}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.opts.Topic = "t"
			for _, one := range []bool{false, true} {
				c := &cluster{lag: 100}
				inputs := make([]Input, len(tt.inputs))
				for i, in := range tt.inputs {
					in.R.(*strings.Reader).Reset(contents(in))
					inputs[i] = in
					if one && in.R.(*strings.Reader).Len() < 1000 {
						inputs[i].R = iotest.OneByteReader(in.R)
					}
				}
				r, err := run(t.Context(), c, tt.opts, inputs)
				if err != nil {
					t.Fatal(err)
				}
				if int(r.Records) != len(tt.want) || r.Failed != 0 {
					t.Errorf("counted %+v, want %d records", r, len(tt.want))
				}
				if got := strings.Join(c.got, "\n"); got != strings.Join(tt.want, "\n") {
					t.Errorf("got %.200q", got)
				}
			}
		})
	}
}

// contents reads a text from its beginning again.
func contents(in Input) string {
	r := in.R.(*strings.Reader)
	_, _ = r.Seek(0, io.SeekStart)
	all, _ := io.ReadAll(r)
	return string(all)
}

func TestTimes(t *testing.T) {
	var got []time.Time
	before := time.Now()
	for _, o := range []Options{{}, {Now: true}} {
		o.Topic, o.Format = "t", "json"
		c := &cluster{fail: func(r *kgo.Record) error {
			got = append(got, r.Timestamp)
			return nil
		}}
		_, err := run(t.Context(), c, o, []Input{text("a", `{"value":"v","ts":0}`+"\n"+`{"value":"v"}`)})
		if err != nil {
			t.Fatal(err)
		}
	}
	if !got[0].Equal(time.UnixMilli(0)) {
		t.Errorf("the time of the record is %v", got[0])
	}
	for _, now := range got[1:] {
		if now.Before(before) {
			t.Errorf("now is %v", now)
		}
	}
}

func TestBadRecords(t *testing.T) {
	for _, tt := range []struct {
		opts    Options
		in      string
		records int64
		want    string
	}{
		{Options{Format: "json"}, `{"value":"v"}` + "\n{}\n", 1, `a line 2: not a record: it has no "value", which may be null`},
		{Options{Format: "json", Whole: true}, "{}", 0, `a: not a record: it has no "value", which may be null`},
		{Options{Format: "%p %v\n"}, "0 a\n1 b\nx\n", 2, `a record 3: not a record: "x\n" is not a number`},
		{Options{Format: "%V %v"}, "1 a9 b", 1, "a record 2: not a record: the input ends inside of it"},
	} {
		tt.opts.Topic = "t"
		c := &cluster{lag: 3}
		r, err := run(t.Context(), c, tt.opts, []Input{text("a", tt.in)})
		if r.Records != tt.records || !errors.Is(err, ErrRecord) || err.Error() != tt.want {
			t.Errorf("%+v, %v", r, err)
		}
	}

	// A whole input that breaks is no record, nor is half a line.
	broken := errors.New("broken disk")
	c := &cluster{}
	r, err := run(t.Context(), c, Options{Topic: "t", Whole: true}, []Input{{Name: "a", R: io.MultiReader(strings.NewReader("x\ny"), iotest.ErrReader(broken))}})
	if r.Records != 0 || !errors.Is(err, broken) {
		t.Errorf("a whole input that breaks: %+v, %v", r, err)
	}

	// A partition that is not there ends the run, with the number there is.
	nine := int32(9)
	c = &cluster{fail: func(r *kgo.Record) error {
		r.Partition = ^4
		return kerr.UnknownServerError
	}}
	_, err = run(t.Context(), c, Options{Topic: "t", Partition: &nine}, []Input{text("a", "x\n")})
	if !errors.Is(err, ErrPartition) || !strings.Contains(err.Error(), "there is no partition 9, it has 4") {
		t.Errorf("a missing partition: %v", err)
	}
}
