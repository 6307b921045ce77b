package storage_test

import (
	"fmt"

	"github.com/powbench/powbench/protocols"
	"github.com/powbench/powbench/storage"
)

// A server stores the records of a request, all or none, and reads them again for the next one.
func Example() {
	store, err := storage.Open(storage.Options{Durability: protocols.Volatile})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer store.Close()
	err = store.Apply("greeting", []protocols.Record{{Name: "value", Body: []byte("1.2"), Payload: []byte("hello")}})
	if err != nil {
		fmt.Println(err)
	}
	body, payload, found, err := store.State("greeting", protocols.Heap{}).Get("value")
	fmt.Printf("%s %s %v %v\n", body, payload, found, err)
	// Output: 1.2 hello true <nil>
}
