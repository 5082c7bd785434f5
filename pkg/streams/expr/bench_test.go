package expr

import (
	"testing"

	"kq/pkg/streams/codec"
)

const order = `{"id":"o-1234567","customerId":"c-42","total":19.95,"qty":3,"paid":true,"region":"eu","tags":["a","b"]}`

// BenchmarkRun shows each expression evaluated, on the machine of the
// language, and on the machine with the document decoded before.
func BenchmarkRun(b *testing.B) {
	for _, src := range []string{
		"value", "value.customerId", "value.total > 10", `value.region == "eu" && value.qty >= 2`,
		`{"id": value.id, "total": round(value.total * 100)}`, `"orders-" + value.region`, `merge(value, {"x": 1})`,
	} {
		e := sampleEnv()
		p, err := Compile(src, e, Any)
		if err != nil {
			b.Fatal(err)
		}
		v := e.Vars()
		doc := codec.Encoded([]byte(order), codec.JSON{})
		var value codec.Value
		v.SetValue(0, &value)
		b.Run(src, func(b *testing.B) {
			b.Run("evaluated", func(b *testing.B) {
				b.ReportAllocs()
				for range b.N {
					value = doc
					if _, err := p.RunValue(v); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run("machine", func(b *testing.B) {
				b.ReportAllocs()
				for range b.N {
					value = doc
					if _, err := p.onMachine(v); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.Run("machine/decoded", func(b *testing.B) {
				b.ReportAllocs()
				value = doc
				for range b.N {
					if _, err := p.onMachine(v); err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
}
