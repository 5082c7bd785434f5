package staterec

// Value is a pointer to the value of a record, which appends its bytes.
type Value interface{ Append(dst []byte) []byte }

// AsValue makes what a Parse function returns a Value. The error is that function's.
func AsValue[T any, P interface {
	*T
	Value
}](v T, err error) (Value, error) {
	if err != nil {
		return nil, err
	}
	return P(&v), nil
}
