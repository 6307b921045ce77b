package explore

import (
	"bytes"
	"reflect"
	"slices"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/protocols/byzantine"
	"github.com/powbench/powbench/protocols/wire"
)

// withForged are the answers, and those with one field changed.
func (x *Search) withForged(answers []*message) []*message {
	listed := map[*message]bool{nil: true}
	for _, m := range answers {
		listed[m] = true
	}
	all := slices.Clone(answers)
	for _, raw := range x.forged(answers) {
		if m := x.mail.intern(raw); !listed[m] {
			listed[m] = true
			all = append(all, m)
		}
	}
	return all
}

// forged are the answers with one field changed: to what another of them has in its place, or to garbage. No body is
// changed in place, as others may have it.
func (x *Search) forged(answers []*message) (all []protocols.Message) {
	for _, base := range answers {
		if base.Body == nil {
			continue
		}
		for path, places := 0, len(placesOf(reflect.ValueOf(base.Body))); path < places; path++ {
			for option := 0; ; option++ {
				body := x.copied(base.Body)
				place := placesOf(reflect.ValueOf(body))[path]
				options := garbage(place)
				for _, o := range answers {
					options = append(options, likewise(base, o, path, place.Type())...)
				}
				if option >= len(options) {
					break
				}
				place.Set(options[option])
				all = append(all, protocols.Message{Body: body, Payload: base.Payload})
			}
		}
		payloads := [][]byte{nil, byzantine.Flipped(base.Payload)}
		for _, o := range answers {
			payloads = append(payloads, o.Payload)
		}
		for _, p := range payloads {
			all = append(all, protocols.Message{Body: base.Body, Payload: p})
		}
	}
	return all
}

// likewise is what another answer has in the place, if it has the same places.
func likewise(base, o *message, path int, t reflect.Type) []reflect.Value {
	if o == base || o.Body == nil || o.Body.Kind() != base.Body.Kind() {
		return nil
	}
	places := placesOf(reflect.ValueOf(o.Body))
	if path >= len(places) || places[path].Type() != t {
		return nil
	}
	return []reflect.Value{places[path]}
}

// copied is a body that may be changed.
func (x *Search) copied(body protocols.Body) protocols.Body {
	data, err := wire.Marshal(nil, body)
	if err != nil {
		panic(err) // bodies are encodable: a programming error that every exploration shows
	}
	fresh := x.Protocol.NewBody(body.Kind())
	if err := wire.Unmarshal(data, fresh); err != nil {
		panic(err)
	}
	return fresh
}

// placesOf are the places of what a body is made of: numbers, bytes, lists, and what may be missing.
func placesOf(v reflect.Value) (all []reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.CanSet() {
			all = append(all, v)
		}
		if !v.IsNil() {
			all = append(all, placesOf(v.Elem())...)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				all = append(all, placesOf(v.Field(i))...)
			}
		}
	case reflect.Slice:
		all = append(all, v)
		if v.Type().Elem().Kind() == reflect.Struct {
			for i := range v.Len() {
				all = append(all, placesOf(v.Index(i))...)
			}
		}
	case reflect.Uint64, reflect.Bool:
		all = append(all, v)
	}
	return all
}

// garbage is what may be in a place and is right nowhere: a number far ahead, bytes with one bit changed, a list of bytes
// with all of them changed or all but one, as only one server may accept it, and nothing.
func garbage(place reflect.Value) (all []reflect.Value) {
	switch v := place.Interface().(type) {
	case uint64:
		all = append(all, reflect.ValueOf(v+byzantine.Ahead))
	case bool:
		all = append(all, reflect.ValueOf(!v))
	case []byte:
		all = append(all, reflect.ValueOf(byzantine.Flipped(v)))
	case [][]byte:
		for but := -1; but < len(v); but++ {
			list := make([][]byte, len(v))
			for i := range v {
				if list[i] = bytes.Clone(v[i]); i != but {
					list[i] = byzantine.Flipped(v[i])
				}
			}
			all = append(all, reflect.ValueOf(list))
		}
	}
	return append(all, reflect.Zero(place.Type()))
}
