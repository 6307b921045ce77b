package sim

import (
	"encoding/hex"
	"fmt"
	"reflect"
	"strings"

	"github.com/powbench/powbench/protocols"
)

// String formats the message as "p1 → s2 #3 round 1 Put{2.1}+33B": servers are numbered from 1, as in the paper.
func (f flight) String() string {
	arrow := "→"
	if f.reply {
		arrow = "←"
	}
	payload := ""
	if f.Payload != nil {
		payload = fmt.Sprintf("+%dB", len(f.Payload))
	}
	return fmt.Sprintf("p%d %s s%d #%d round %d %s%s", f.run.pid, arrow, f.server+1, f.run.seq, f.round, describe(f.Body), payload)
}

// describe names a body and what is in it, bytes by their first few.
func describe(body protocols.Body) string {
	if body == nil {
		return "nothing"
	}
	v := reflect.ValueOf(body).Elem()
	return v.Type().Name() + fields(v)
}

// fields formats any value that a body is made of.
func fields(v reflect.Value) string {
	if ts, ok := v.Interface().(protocols.Timestamp); ok {
		return ts.String()
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return "–"
		}
		return fields(v.Elem())
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return hex.EncodeToString(v.Bytes()[:min(2, v.Len())])
		}
		var parts []string
		for i := range v.Len() {
			parts = append(parts, fields(v.Index(i)))
		}
		return "[" + strings.Join(parts, " ") + "]"
	case reflect.Struct:
		var parts []string
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				parts = append(parts, fields(v.Field(i)))
			}
		}
		return "{" + strings.Join(parts, " ") + "}"
	}
	return fmt.Sprint(v.Interface())
}
