package expr

import (
	"fmt"
	"math"
	"reflect"
	"strconv"

	"kq/pkg/streams/codec"
)

// arity is the least and the most number of arguments of signatures; most is
// -1 for no end.
func arity(sigs []any) (least, most int) {
	least = math.MaxInt
	for _, s := range sigs {
		t := reflect.TypeOf(s).Elem()
		n := t.NumIn()
		if t.IsVariadic() {
			most = -1
			n--
		} else if most >= 0 {
			most = max(most, n)
		}
		least = min(least, n)
	}
	return least, most
}

// roundFunc rounds to the nearest whole number, halves away from zero; with a
// second argument to that many digits behind the point.
func roundFunc(args ...any) (any, error) {
	if n, ok := args[0].(int64); ok && len(args) == 1 {
		return n, nil
	}
	f, err := codec.Number(args[0])
	if err != nil {
		return nil, fmt.Errorf("round takes a number, not %s", typeName(args[0]))
	}
	if len(args) == 1 {
		r := math.Round(f)
		if r < -1<<63 || r >= 1<<63 || math.IsNaN(r) {
			return nil, fmt.Errorf("round: %v does not fit 64 bits", f)
		}
		return int64(r), nil
	}
	digits, err := codec.Whole(args[1])
	if err != nil || digits < 0 || digits > 15 {
		return nil, fmt.Errorf("round takes 0 to 15 digits, not %v", args[1])
	}
	return roundTo(f, int(digits)), nil
}

// roundTo goes through decimal text, so that round(1.005 * 100, 0) and the
// text that a reader sees agree.
func roundTo(f float64, digits int) float64 {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return f
	}
	pow := math.Pow10(digits)
	if r := math.Round(f*pow) / pow; math.Abs(f) < 1e15/pow {
		return r
	}
	r, err := strconv.ParseFloat(strconv.FormatFloat(f, 'f', digits, 64), 64)
	if err != nil {
		return f
	}
	return r
}
