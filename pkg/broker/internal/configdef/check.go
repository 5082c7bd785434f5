package configdef

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Rule is the kind of a Check.
type Rule uint8

// The rules; the Kafka class each mirrors is named behind it.
const (
	AnyValue       Rule = iota
	AtLeast             // Range.atLeast(Min)
	Between             // Range.between(Min, Max)
	GzipLevel           // CompressionType.GZIP.levelValidator: 1 to 9, or -1
	OneOf               // ValidString.in(Words)
	OneOfFold           // CaseInsensitiveValidString.in(Words)
	NonEmpty            // NonEmptyString
	NonNull             // NonNullValidator
	ListOf              // ValidList.in(Words), which allows the empty list
	FilledListOf        // ValidList.in(false, Words)
	AnyList             // ValidList.anyNonDuplicateValues(true, …)
	FilledList          // ValidList.anyNonDuplicateValues(false, …)
	ReplicaList         // ThrottledReplicaListValidator
	OffsetReset         // ShareGroupAutoOffsetResetStrategy.Validator
	QuorumEndpoint      // QuorumConfig's validators of the controller quorum; kq has no quorum and accepts any list
)

// Check says which values of a config are allowed.
type Check struct {
	Rule     Rule
	Min, Max float64 // AtLeast, Between; both inclusive
	Words    []string
}

// String returns the check in the words Kafka prints as valid values, such as [0,...,1].
func (c *Check) String() string {
	switch c.Rule {
	case AtLeast:
		return "[" + number(c.Min) + ",...]"
	case Between:
		return "[" + number(c.Min) + ",...," + number(c.Max) + "]"
	case GzipLevel:
		return "[1,...,9] or -1"
	case OneOf, ListOf, FilledListOf:
		return "[" + strings.Join(c.Words, ", ") + "]"
	case OneOfFold:
		return "(case insensitive) [" + strings.Join(c.Words, ", ") + "]"
	case NonEmpty:
		return "non-empty string"
	case NonNull:
		return "non-null string"
	case ReplicaList:
		return "[partitionId]:[brokerId],[partitionId]:[brokerId],..."
	case OffsetReset:
		return "[latest, earliest, by_duration:PnDTnHnMn.nS]"
	case QuorumEndpoint:
		return "non-empty list"
	}
	return ""
}

// number renders a bound without a needless fraction.
func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// isSet reports whether a list is treated as a set.
func (c *Check) isSet() bool {
	return c.Rule == ListOf || c.Rule == FilledListOf || c.Rule == AnyList || c.Rule == FilledList
}

func (c *Check) verify(d *Def, v Value) error {
	switch c.Rule {
	case AtLeast, Between, GzipLevel:
		return c.verifyNumber(d, v)
	case OneOf:
		if !contains(c.Words, v.Text) {
			return invalidValue(d.Name, v.Text, "String must be one of: "+strings.Join(c.Words, ", "))
		}
	case OneOfFold:
		if !contains(c.Words, strings.ToUpper(v.Text)) {
			return invalidValue(d.Name, v.Text, "String must be one of (case insensitive): "+strings.Join(c.Words, ", "))
		}
	case NonEmpty:
		if v.Text == "" {
			return invalidValue(d.Name, "", "String must be non-empty")
		}
	case ListOf, FilledListOf, AnyList, FilledList:
		return c.verifySet(d, v.List)
	case ReplicaList:
		return verifyReplicas(d, v.List)
	case OffsetReset:
		if !offsetReset(v.Text) {
			return invalidValue(d.Name, v.Text, "Invalid value `"+v.Text+"` for configuration "+d.Name+
				". The value must be either 'earliest', 'latest' or of the format 'by_duration:<PnDTnHnMn.nS>'.")
		}
	}
	return nil
}

func (c *Check) verifyNumber(d *Def, v Value) error {
	n := v.Float
	if d.Type != Double {
		n = float64(v.Int)
	}
	if c.Rule == GzipLevel {
		if n != -1 && (n < 1 || n > 9) {
			return invalidValue(d.Name, d.Format(v), "Value must be between 1 and 9 or equal to -1")
		}
		return nil
	}
	if n < c.Min {
		return invalidValue(d.Name, d.Format(v), "Value must be at least "+number(c.Min))
	}
	if c.Rule == Between && n > c.Max {
		return invalidValue(d.Name, d.Format(v), "Value must be no more than "+number(c.Max))
	}
	return nil
}

func (c *Check) verifySet(d *Def, list []string) error {
	if len(list) == 0 && (c.Rule == FilledList || c.Rule == FilledListOf) {
		allowed := "any non-empty value"
		if len(c.Words) > 0 {
			allowed = c.String()
		}
		return invalid(d.Name, "Configuration '"+d.Name+"' must not be empty. Valid values include: "+allowed)
	}
	for _, e := range list {
		if e == "" {
			return invalid(d.Name, "Configuration '"+d.Name+"' values must not be empty.")
		}
		if len(c.Words) > 0 && !contains(c.Words, e) {
			return invalidValue(d.Name, e, "String must be one of: "+strings.Join(c.Words, ", "))
		}
	}
	return nil
}

// verifyReplicas accepts * alone, or partition:broker pairs, of which any may be left empty.
func verifyReplicas(d *Def, list []string) error {
	ok := true
	for _, e := range list {
		p, b, found := strings.Cut(e, ":")
		ok = ok && (e == "" || found && digits(p) && digits(b))
	}
	if ok || strings.Join(list, "") == "*" {
		return nil
	}
	return invalidValue(d.Name, "["+strings.Join(list, ", ")+"]", d.Name+
		" must be the literal '*' or a list of replicas in the following format: [partitionId]:[brokerId],[partitionId]:[brokerId],...")
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// offsetReset accepts earliest, latest and by_duration:D, D an ISO 8601 duration of days, hours, minutes and seconds
// that is not negative (KIP-1106).
func offsetReset(s string) bool {
	if s == "earliest" || s == "latest" {
		return true
	}
	text, ok := strings.CutPrefix(s, "by_duration:")
	if !ok {
		return false
	}
	seconds, ok := parseISODuration(text)
	return ok && seconds >= 0
}

// ResetDuration is how far back a value of an offset reset policy begins: that of
// by_duration:D; false for other values.
func ResetDuration(value string) (d time.Duration, ok bool) {
	text, ok := strings.CutPrefix(value, "by_duration:")
	if !ok {
		return 0, false
	}
	seconds, ok := parseISODuration(text)
	if !ok || seconds < 0 {
		return 0, false
	}
	if seconds > math.MaxInt64/float64(time.Second) {
		return math.MaxInt64, true
	}
	return time.Duration(seconds * float64(time.Second)), true
}

// parseISODuration reads java.time.Duration.parse's form, such as P1DT2H or PT-1.5S, case-insensitively.
func parseISODuration(s string) (seconds float64, ok bool) {
	s = strings.ToUpper(s)
	sign := 1.0
	if s != "" && (s[0] == '-' || s[0] == '+') {
		if s[0] == '-' {
			sign = -1
		}
		s = s[1:]
	}
	s, ok = strings.CutPrefix(s, "P")
	if !ok || s == "" {
		return 0, false
	}
	day, clock, timed := strings.Cut(s, "T")
	if timed && clock == "" {
		return 0, false
	}
	total := 0.0
	rest, ok := durationField(day, 'D', 86400, &total)
	if !ok || rest != "" {
		return 0, false
	}
	for _, f := range []struct {
		unit byte
		secs float64
	}{{'H', 3600}, {'M', 60}, {'S', 1}} {
		if clock, ok = durationField(clock, f.unit, f.secs, &total); !ok {
			return 0, false
		}
	}
	return sign * total, clock == "" && math.Abs(total) <= math.MaxInt64
}

// durationField takes one number with the unit off the front of s, if it is there.
func durationField(s string, unit byte, secs float64, total *float64) (rest string, ok bool) {
	i := strings.IndexByte(s, unit)
	if i < 0 {
		return s, true
	}
	num := s[:i]
	whole, fraction, _ := strings.Cut(strings.Replace(num, ",", ".", 1), ".")
	if fraction != "" && (unit != 'S' || !digits(fraction) || len(fraction) > 9) {
		return s, false
	}
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil {
		return s, false
	}
	part := 0.0
	if fraction != "" {
		part, _ = strconv.ParseFloat("0."+fraction, 64)
	}
	if strings.HasPrefix(whole, "-") {
		part = -part
	}
	*total += (float64(n) + part) * secs
	return s[i+1:], true
}
