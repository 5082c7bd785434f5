package batch_test

import (
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"kq/pkg/broker/batch"
)

// goldenFile holds what Apache Kafka 4.3.1 answers to each case: its name and
// the line of testdata/Oracle.java. The test under the tag interop writes it.
const goldenFile = "testdata/validate.golden"

func allCases() []vcase { return slices.Concat(validateCases(), legacyCases()) }

// codes are the Kafka error codes of the sentinels.
func code(err error) int {
	for _, c := range []struct {
		err  error
		code int
	}{
		{batch.ErrCorrupt, 2},
		{batch.ErrTooLarge, 10},
		{batch.ErrInvalidTimestamp, 32},
		{batch.ErrUnsupportedCompression, 76},
		{batch.ErrInvalidRecord, 87},
		{batch.ErrMagic, 87},
	} {
		if errors.Is(err, c.err) {
			return c.code
		}
	}
	return -1
}

// outcome is what came of a case, in words that do not depend on how well a
// codec compresses.
func outcome(v batch.Validated, err error) string {
	if err != nil {
		s := fmt.Sprintf("err %d", code(err))
		var ve *batch.ValidationError
		if errors.As(err, &ve) {
			s += " " + ve.Message
			for _, r := range ve.Records {
				s += fmt.Sprintf("\n  [%d] %s", r.Index, r.Message)
			}
		}
		return s
	}
	return fmt.Sprintf("max %d %s", v.MaxTimestamp, describe(v.Records))
}

// describe lists a batch field by field.
func describe(p []byte) string {
	b, rest, err := batch.Split(p)
	if err != nil || len(rest) > 0 {
		return fmt.Sprintf("not a batch: %v, %d bytes behind", err, len(rest))
	}
	s := fmt.Sprintf("offset %d epoch %d crc %v attributes %#x delta %d times %d to %d producer %d %d %d count %d",
		b.BaseOffset(), b.LeaderEpoch(), b.VerifyCRC(), b.Attributes(), b.LastOffsetDelta(), b.BaseTimestamp(),
		b.MaxTimestamp(), b.ProducerID(), b.ProducerEpoch(), b.BaseSequence(), b.Count())
	for r, err := range b.Records(nil) {
		if err != nil {
			return s + "\n  " + err.Error()
		}
		s += fmt.Sprintf("\n  %d %d %d %q %t %q %t %q", r.Attributes, r.OffsetDelta, b.Timestamp(r),
			r.Key, r.Key == nil, r.Value, r.Value == nil, r.Headers)
	}
	return s
}

// theirs is outcome of an answer of the oracle.
func theirs(t *testing.T, line string) string {
	t.Helper()
	f := strings.Split(line, "\t")
	switch {
	case f[0] == "ok":
		p, err := hex.DecodeString(f[1])
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("max %s %s", f[2], describe(p))
	case f[0] == "err" && len(f) > 3:
		s := fmt.Sprintf("err %s %s", f[1], f[2])
		for i := 3; i < len(f); i += 2 {
			s += fmt.Sprintf("\n  [%s] %s", f[i], f[i+1])
		}
		return s
	}
	return "err " + f[1]
}

func (c vcase) run() string {
	return outcome(batch.Validate(slices.Clone(c.in), c.legacy, c.rules))
}

// TestKafkaAgrees compares with what Apache Kafka's own code answered.
func TestKafkaAgrees(t *testing.T) {
	data, err := os.ReadFile(goldenFile)
	if err != nil {
		t.Fatal(err)
	}
	golden := map[string]string{}
	for line := range strings.Lines(string(data)) {
		name, answer, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		golden[name] = answer
	}
	for _, c := range allCases() {
		answer, ok := golden[c.name]
		if !ok {
			t.Errorf("%s: not in %s", c.name, goldenFile)
			continue
		}
		compare(t, c, theirs(t, answer))
		delete(golden, c.name)
	}
	for name := range golden {
		t.Errorf("%s: in %s, but no case", name, goldenFile)
	}
}

func compare(t *testing.T, c vcase, want string) {
	t.Helper()
	got := c.run()
	switch {
	case c.differs == "" && got != want:
		t.Errorf("%s:\ngot  %s\nwant %s", c.name, got, want)
	case c.differs != "" && got == want:
		t.Errorf("%s: agrees with Kafka, but should differ: %s", c.name, c.differs)
	}
}
