package admin

import (
	"encoding/hex"
	"testing"
)

func TestTasksOfMembers(t *testing.T) {
	for _, c := range []struct {
		name, data string // hexadecimal where it is of the JVM
		want       int
		ok         bool
	}{
		{"no user data", "", 0, true},
		{"version 2", "00000002" + "00000001" + "0000000000000001" + "00000000", 1, true},
		{"version 11", "0000000b" + "0000000b" + "00000002" + "000000000000000000000000" + "000000010000000200000000", 2, true},
		{"cut short", "0000000b0000000b", 0, false},
		{"more tasks than bytes", "0000000b0000000bffffffff00", 4294967295, false},
	} {
		b, err := hex.DecodeString(c.data)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := jvmTasks(b); got != c.want || ok != c.ok {
			t.Errorf("%s: %d, %t", c.name, got, ok)
		}
	}
	for data, want := range map[string]int{"": 0, `{"v":1}`: 0, `{"v":1,"active":["0_0","1_3"]}`: 2} {
		if got, ok := kqTasks([]byte(data)); got != want || !ok {
			t.Errorf("%s: %d, %t", data, got, ok)
		}
	}
	if _, ok := kqTasks([]byte("{")); ok {
		t.Error("broken JSON is taken")
	}
}

// FuzzTasksOfMembers: what other clients send does no harm.
func FuzzTasksOfMembers(f *testing.F) {
	f.Add([]byte(`{"v":1,"active":["0_0"]}`))
	f.Add([]byte{0, 0, 0, 11, 0, 0, 0, 11, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		if n, ok := jvmTasks(b); ok && n > len(b)/8 {
			t.Errorf("%d tasks in %d bytes", n, len(b))
		}
		kqTasks(b)
	})
}
