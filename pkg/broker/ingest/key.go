package ingest

import (
	"crypto/sha256"
	"encoding/binary"
	"net/http"
	"strings"
)

// longestKey is how long an Idempotency-Key may be, in bytes.
const longestKey = 255

// keyOf reads the Idempotency-Key of a request, "" for none. The quotes of RFC
// 8941's strings, which the draft of the header asks for, are no part of the key.
func keyOf(h http.Header) (string, error) {
	values := h["Idempotency-Key"]
	if len(values) == 0 {
		return "", nil
	}
	bad := func(text string) (string, error) {
		return "", refuse(http.StatusBadRequest, "an Idempotency-Key is 1 to 255 printable ASCII characters, such as a UUID", "%s", text)
	}
	if len(values) > 1 {
		return bad("there are several Idempotency-Key headers")
	}
	key := strings.TrimSpace(values[0])
	if len(key) >= 2 && key[0] == '"' && key[len(key)-1] == '"' {
		key = key[1 : len(key)-1]
	}
	if key == "" {
		return bad("the Idempotency-Key is empty")
	}
	if len(key) > longestKey {
		return bad("the Idempotency-Key is too long")
	}
	for i := range len(key) {
		if key[i] < ' ' || key[i] > '~' || key[i] == '"' || key[i] == '\\' {
			return bad("the Idempotency-Key has a character that it may not have")
		}
	}
	return key, nil
}

// bodySum is of all that a request with a key says: another request with the key is
// the same one if this is the same.
func bodySum(topic string, k kind, query string, body []byte) sum {
	h := sha256.New()
	var head [17]byte
	head[0] = byte(k)
	binary.BigEndian.PutUint64(head[1:], uint64(len(topic)))
	binary.BigEndian.PutUint64(head[9:], uint64(len(query)))
	h.Write(head[:])
	h.Write([]byte(topic))
	h.Write([]byte(query))
	h.Write(body)
	var all [sha256.Size]byte
	return sum(h.Sum(all[:0])[:16])
}
