// Package yamlfile reads YAML files into values of Go, strictly. Experiments, whose errors say more, have a reader of their own.
//
// It imports nothing of ours; testbed/remote, plots/claims and plots/numbers import it.
package yamlfile

import (
	"errors"
	"fmt"
	"os"

	"github.com/goccy/go-yaml"
)

// Read reads the file. Its errors name the line and column, if they are of one.
func Read(file string, into any) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	err = decode(data, into)
	if at, ok := errors.AsType[yaml.Error](err); ok && at.GetToken() != nil {
		p := at.GetToken().Position
		return fmt.Errorf("%s:%d:%d: %s", file, p.Line, p.Column, at.GetMessage())
	} else if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

// decode decodes strictly. The library panics on some documents, such as one with a tag and no value where a list is wanted.
func decode(data []byte, into any) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("no YAML that can be read (%v): look for a tag (!) or an anchor (&) where none belongs", p)
		}
	}()
	return yaml.UnmarshalWithOptions(data, into, yaml.Strict())
}
