package prototest

import (
	"errors"
	"strings"
	"testing"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/play"
)

// ended is an operation with a given result.
type ended struct {
	protocols.Operation
	result protocols.Result
	err    error
}

func (e ended) Result() (protocols.Result, error) { return e.result, e.err }

func stamp(num uint64) protocols.Timestamp {
	if num == 0 {
		return protocols.Timestamp{}
	}
	return protocols.Timestamp{Num: num, PID: 1}
}

func wrote(value string, num uint64, began, end int) *Run {
	ts := stamp(num)
	return &Run{
		Kind: protocols.Write, Written: []byte(value), Began: began, Ended: end,
		driver: play.New(ended{result: protocols.Result{Timestamp: ts}}, 0),
	}
}

func hasRead(value string, num uint64, began, end int) *Run {
	result := protocols.Result{Value: []byte(value), Timestamp: stamp(num)}
	return &Run{Kind: protocols.Read, Began: began, Ended: end, driver: play.New(ended{result: result}, 0)}
}

func readBottom(began, end int) *Run {
	return &Run{Kind: protocols.Read, Began: began, Ended: end, driver: play.New(ended{result: protocols.Result{Bottom: true}}, 0)}
}

func TestCheckHistory(t *testing.T) {
	const pending = 0
	broken := readBottom(1, 2)
	broken.driver = play.New(ended{err: errors.New("no quorum")}, 0)
	half := readBottom(1, 2)
	half.driver = play.New(ended{result: protocols.Result{Bottom: true, Timestamp: protocols.Timestamp{Num: 1, PID: 1}}}, 0)
	for name, test := range map[string]struct {
		runs []*Run
		want string // part of the error
	}{
		"nothing": {nil, ""},
		"one after the other": {
			[]*Run{readBottom(1, 2), wrote("a", 1, 3, 4), hasRead("a", 1, 5, 6), wrote("b", 2, 7, 8)},
			"",
		},
		"READ beside WRITE":  {[]*Run{wrote("a", 1, 1, 9), readBottom(2, 3), hasRead("a", 1, 4, 5)}, ""},
		"pending and unread": {[]*Run{wrote("a", 1, 1, pending), readBottom(2, 3)}, ""},
		"pending and read": {
			[]*Run{wrote("a", 0, 1, pending), hasRead("a", 1, 2, 3), hasRead("a", 1, 4, 5)},
			"",
		},
		"WRITEs overlap": {
			[]*Run{wrote("a", 2, 1, 9), wrote("b", 1, 2, 3), hasRead("a", 2, 4, 5)},
			"",
		},
		"stale READ": {
			[]*Run{wrote("a", 1, 1, 2), wrote("b", 2, 3, 4), hasRead("a", 1, 5, 6)},
			"after the end",
		},
		"⊥ after a WRITE": {[]*Run{wrote("a", 1, 1, 2), readBottom(3, 4)}, "after the end"},
		"new-old inversion": {
			[]*Run{wrote("a", 1, 1, 9), hasRead("a", 1, 2, 3), readBottom(4, 5)},
			"after the end",
		},
		"pending, then ⊥": {
			[]*Run{wrote("a", 0, 1, pending), hasRead("a", 1, 2, 3), readBottom(4, 5)},
			"after the end",
		},
		"pending, too low": {
			[]*Run{wrote("b", 5, 1, 2), wrote("a", 0, 3, pending), hasRead("a", 1, 1, 9)},
			"after the end",
		},
		"WRITE not higher": {[]*Run{wrote("a", 2, 1, 2), wrote("b", 1, 3, 4)}, "after the end"},
		"timestamp twice":  {[]*Run{wrote("a", 1, 1, 9), wrote("b", 1, 2, 3)}, "has the timestamp of"},
		"another's value": {
			[]*Run{wrote("a", 1, 1, 9), wrote("b", 2, 2, 3), hasRead("a", 2, 4, 5)},
			"the value of",
		},
		"two timestamps": {
			[]*Run{wrote("a", 0, 1, pending), hasRead("a", 1, 2, 3), hasRead("a", 2, 4, 5)},
			"the value of",
		},
		"phantom":              {[]*Run{hasRead("a", 1, 1, 2)}, "nobody had written"},
		"from the future":      {[]*Run{hasRead("a", 1, 1, 2), wrote("a", 1, 3, 4)}, "nobody had written"},
		"half ⊥":               {[]*Run{half}, "half ⊥"},
		"value under ts0":      {[]*Run{hasRead("a", 0, 1, 2)}, "half ⊥"},
		"a failed READ":        {[]*Run{broken}, "no quorum"},
		"the test's own fault": {[]*Run{wrote("a", 1, 1, 2), wrote("a", 2, 3, 4)}, "written twice"},
	} {
		err := CheckHistory(test.runs)
		if test.want == "" && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: %v, want an error that says %q", name, err, test.want)
		}
	}
}

func TestCheckHistoryKeepsKeysApart(t *testing.T) {
	a, b := wrote("a", 1, 1, 2), readBottom(3, 4)
	b.Key = "other"
	if err := CheckHistory([]*Run{a, b}); err != nil {
		t.Error(err)
	}
}
