package sink

import (
	"encoding"
	"encoding/csv"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/powbench/powbench/harness/result"
	"github.com/powbench/powbench/plots/frame"
	"github.com/powbench/powbench/plots/tables"
)

// CSV writes the points behind tables as comma-separated values (RFC 4180), tidy: a line for each repetition, valid or not,
// below one line of names. A name is that of the field in points.jsonl, with _ for its dots, such as latency_ms_mean. What a
// repetition has no number for, or too few operations for, is empty. Histograms and timelines are left out.
func CSV(w io.Writer) Sink { return &csvSink{to: csv.NewWriter(w)} }

type csvSink struct {
	noFigures
	to    *csv.Writer
	named bool // the line of names was written
}

// Table implements Sink.
func (s *csvSink) Table(t tables.Table) error {
	if len(t.Cells) == 0 {
		return nil
	}
	if !s.named {
		s.named = true
		names := []string{"system", "searched"}
		for _, c := range pointColumns {
			names = append(names, c.name)
		}
		if err := s.to.Write(names); err != nil {
			return err
		}
	}
	for _, c := range t.Cells {
		for _, p := range c.All() {
			if err := s.to.Write(csvLine(c, p)); err != nil {
				return err
			}
		}
	}
	s.to.Flush()
	return s.to.Error()
}

func csvLine(c frame.Cell, p result.Point) []string {
	line := []string{c.System.Name(), strconv.FormatBool(c.Searched)}
	for _, column := range pointColumns {
		line = append(line, column.text(p))
	}
	return line
}

// A pointColumn is a field of a point, or of a struct that is a part of it.
type pointColumn struct {
	name  string
	way   []step  // to it, from struct to struct
	share float64 // of a percentile
}

// A step is to a field of a struct. Where an optional one is zero, nothing was recorded.
type step struct {
	field    int
	optional bool
}

var pointColumns = columnsOf(reflect.TypeFor[result.Point](), "", nil)

// notInCSV are fields that no cell has room for.
var notInCSV = []string{"histogram", "service_histogram", "timeline"}

// columnsOf is the columns of a struct.
func columnsOf(t reflect.Type, prefix string, way []step) (columns []pointColumn) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		to := append(slices.Clone(way), step{i, strings.HasPrefix(options, "omit")})
		kind := f.Type
		if kind.Kind() == reflect.Pointer {
			kind = kind.Elem()
		}
		switch {
		case slices.Contains(notInCSV, name):
		case f.Anonymous:
			columns = append(columns, columnsOf(kind, prefix, to)...)
		case kind.Kind() == reflect.Struct && !kind.Implements(reflect.TypeFor[encoding.TextMarshaler]()):
			columns = append(columns, columnsOf(kind, prefix+name+"_", to)...)
		default:
			columns = append(columns, pointColumn{prefix + name, to, frame.Shares[name]})
		}
	}
	return columns
}

// text is the field of the point; empty if there is none.
func (c pointColumn) text(p result.Point) string {
	part, _, _ := strings.Cut(c.name, "_")
	if c.share > 0 && !result.Supports(c.share, frame.Sample(p, part)) {
		return ""
	}
	v := reflect.ValueOf(p)
	for _, to := range c.way {
		v = reflect.Indirect(v).Field(to.field)
		if to.optional && v.IsZero() {
			return ""
		}
	}
	return csvText(v)
}

// csvText is a value in a cell: the elements of a list with spaces between, those of a map as key:value, sorted.
func csvText(v reflect.Value) string {
	if m, ok := v.Interface().(encoding.TextMarshaler); ok {
		text, _ := m.MarshalText() // of what was read from such a text
		return string(text)
	}
	var parts []string
	switch v.Kind() {
	case reflect.Float64:
		return strconv.FormatFloat(v.Float(), 'g', -1, 64)
	case reflect.Slice:
		for i := range v.Len() {
			parts = append(parts, csvText(v.Index(i)))
		}
	case reflect.Map:
		for key, x := range v.Seq2() {
			parts = append(parts, csvText(key)+":"+csvText(x))
		}
		slices.Sort(parts)
	default:
		return fmt.Sprint(v)
	}
	return strings.Join(parts, " ")
}
