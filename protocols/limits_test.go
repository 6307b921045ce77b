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

// A failed operation asks nobody anything and ends with its error, whatever its driver does.
func TestFailed(t *testing.T) {
	fault := errors.New("fault")
	op := Failed(fault)
	if b := op.Start(); b != nil {
		t.Errorf("it sends %v", b)
	}
	if step := op.Answer(1, 0, Message{}); !step.Done || step.Next != nil {
		t.Errorf("a reply makes it %+v", step)
	}
	if r, err := op.Result(); !errors.Is(err, fault) || r.Value != nil {
		t.Errorf("it comes to %+v, %v", r, err)
	}
}
