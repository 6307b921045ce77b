package protocols

import "reflect"

// Bodies makes a Protocol's NewBody from an example of each of its bodies.
func Bodies(examples ...Body) func(Kind) Body {
	types := make(map[Kind]reflect.Type, len(examples))
	for _, b := range examples {
		types[b.Kind()] = reflect.TypeOf(b).Elem()
	}
	return func(kind Kind) Body {
		if t, ok := types[kind]; ok {
			return reflect.New(t).Interface().(Body)
		}
		return nil
	}
}
