package protocols

import (
	"errors"
	"strings"
	"testing"
)

func TestLimits(t *testing.T) {
	value := make([]byte, MaxValueBytes+1)
	key := Key(strings.Repeat("k", MaxKeyBytes+1))
	for _, err := range []error{CheckKey(""), CheckKey(key[1:]), CheckValue(nil), CheckValue(value[1:])} {
		if err != nil {
			t.Errorf("within the limits: %v", err)
		}
	}
	for want, err := range map[string]error{
		"a key of 4097 bytes, at most 4096":           CheckKey(key),
		"a value of 16777217 bytes, at most 16777216": CheckValue(value),
	} {
		if !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), want) {
			t.Errorf("over a limit: %v, want %q", err, want)
		}
	}
}
