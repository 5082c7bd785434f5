package interop

import (
	"fmt"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// APIVersions asks the broker at addr for the version ranges it serves, in the
// order of its answer.
func APIVersions(addr string) ([]kmsg.ApiVersionsResponseApiKey, error) {
	c, err := Dial(addr, nil)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	req := apiVersions(3, "kq-interop", "1")
	if _, err := c.Write(req); err != nil {
		return nil, err
	}
	frame, err := c.ReadFrame(answerTimeout)
	if err != nil {
		return nil, err
	}
	resp, _, err := DecodeResponse(req, frame)
	if err != nil {
		return nil, err
	}
	got := resp.(*kmsg.ApiVersionsResponse)
	if got.ErrorCode != 0 {
		return nil, fmt.Errorf("ApiVersions: error %d", got.ErrorCode)
	}
	return got.ApiKeys, nil
}
