// The flight-delay pipeline: the request goes out as it came, with its features, distance and prediction in it. One pass
// of jsonparser takes the fields that are needed and notes where those stand that are to be written anew; the other
// bytes are copied.
//
// SPDX-License-Identifier: Apache-2.0
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/buger/jsonparser"
)

// Fields written, in the order in which they are appended where the request has none.
const (
	dayOfYear = iota
	dayOfMonth
	dayOfWeek
	distance
	routeName
	prediction
	written
)

var (
	names    = [written]string{"DayOfYear", "DayOfMonth", "DayOfWeek", "Distance", "Route", "Prediction"}
	features = []string{"DepDelay", "Distance", "DayOfMonth", "DayOfWeek", "DayOfYear", "Carrier", "Origin", "Dest", "Route"}

	errMissing = errors.New("a field is missing")
	errText    = errors.New("not a plain string")
	errNumber  = errors.New("not a number")
	errDate    = errors.New("not a date")
	errTwice   = errors.New("not one plain value")
	errRoute   = errors.New("no distance")
	errAround  = errors.New("not an object and nothing else")
)

// route is a row of the table, with what the model and the output want of it.
type route struct {
	distance, origin, dest, name float32
	distanceText, nameText       []byte
}

type place struct{ field, start, end int }

type flight struct {
	forest   *forest
	carriers codes
	routes   map[string]*route
	ints     [367][]byte
	appended [written][]byte

	// Of the request at hand.
	origin, dest, carrier, uuid, date []byte
	delay                             float64
	hasDelay                          bool
	places                            []place
	seen                              uint
	x                                 [16]float32
	key                               []byte
	texts                             [written][]byte
}

func newFlight(model, table string) (*flight, error) {
	trees, err := readForest(model)
	if err != nil {
		return nil, err
	}
	if !slices.Equal(trees.features, features) {
		return nil, fmt.Errorf("%s has other features than %v", model, features)
	}
	f := &flight{forest: trees, carriers: trees.codes["Carrier"], routes: map[string]*route{}}
	for i := range f.ints {
		f.ints[i] = strconv.AppendInt(nil, int64(i), 10)
	}
	for field, name := range names {
		f.appended[field] = []byte(`,"` + name + `":`)
	}
	return f, f.readRoutes(table)
}

func (f *flight) readRoutes(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var row struct {
			Origin, Dest string
			Distance     float64
		}
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		name := row.Origin + "-" + row.Dest
		text := strconv.FormatFloat(row.Distance, 'f', -1, 64)
		if !bytes.ContainsRune([]byte(text), '.') {
			text += ".0"
		}
		f.routes[name] = &route{distance: float32(row.Distance), origin: f.forest.codes["Origin"].of([]byte(row.Origin)),
			dest: f.forest.codes["Dest"].of([]byte(row.Dest)), name: f.forest.codes["Route"].of([]byte(name)),
			distanceText: []byte(text), nameText: []byte(`"` + name + `"`)}
	}
	return nil
}

// apply gives what goes out: appended to `to`, which grows.
func (f *flight) apply(to, value []byte) ([]byte, error) {
	closing, err := f.read(value)
	if err != nil {
		return to, err
	}
	if f.uuid == nil || f.origin == nil || f.dest == nil || f.carrier == nil || f.date == nil || !f.hasDelay {
		return to, errMissing
	}
	year, month, week, err := calendar(f.date)
	if err != nil {
		return to, err
	}
	f.key = append(append(append(f.key[:0], f.origin...), '-'), f.dest...)
	r := f.routes[string(f.key)]
	if r == nil {
		return to, errRoute
	}
	f.x = [16]float32{float32(f.delay), r.distance, float32(month), float32(week), float32(year),
		f.carriers.of(f.carrier), r.origin, r.dest, r.name}
	f.texts = [written][]byte{f.ints[year], f.ints[month], f.ints[week], r.distanceText, r.nameText,
		f.ints[f.forest.classify(&f.x)]}
	return f.write(to, value, closing), nil
}

// read takes the fields and gives the place of the object's last brace.
func (f *flight) read(value []byte) (int, error) {
	f.origin, f.dest, f.carrier, f.uuid, f.date, f.hasDelay = nil, nil, nil, nil, nil, false
	f.places, f.seen = f.places[:0], 0
	trimmed := bytes.TrimRight(value, " \t\r\n")
	if len(trimmed) < 2 || trimmed[len(trimmed)-1] != '}' {
		return 0, errAround
	}
	closing, last := len(trimmed)-1, 0
	err := jsonparser.ObjectEach(trimmed, func(key, field []byte, kind jsonparser.ValueType, end int) error {
		last = end
		return f.field(key, field, kind, end)
	})
	if err == nil && len(bytes.Trim(trimmed[last:closing], " \t\r\n{")) != 0 {
		err = errAround // ObjectEach does not look behind the object
	}
	return closing, err
}

func (f *flight) field(key, value []byte, kind jsonparser.ValueType, end int) (err error) {
	switch string(key) {
	case "UUID":
		f.uuid, err = text(value, kind)
	case "Origin":
		f.origin, err = text(value, kind)
	case "Dest":
		f.dest, err = text(value, kind)
	case "Carrier":
		f.carrier, err = text(value, kind)
	case "FlightDate":
		f.date, err = text(value, kind)
	case "DepDelay":
		if kind != jsonparser.Number {
			return errNumber
		}
		f.delay, err = jsonparser.ParseFloat(value)
		f.hasDelay = true
	default:
		for field, name := range names {
			if string(key) == name {
				return f.note(field, value, kind, end)
			}
		}
	}
	return err
}

// note keeps where a value stands that is written anew.
func (f *flight) note(field int, value []byte, kind jsonparser.ValueType, end int) error {
	if kind == jsonparser.Object || kind == jsonparser.Array || f.seen>>field&1 != 0 {
		return errTwice
	}
	start := end - len(value)
	if kind == jsonparser.String {
		start -= 2 // its quotes
	}
	f.seen |= 1 << field
	f.places = append(f.places, place{field, start, end})
	return nil
}

// text refuses escapes: no word of the model or the table has one.
func text(value []byte, kind jsonparser.ValueType) ([]byte, error) {
	if kind != jsonparser.String || bytes.IndexByte(value, '\\') >= 0 {
		return nil, errText
	}
	return value, nil
}

func (f *flight) write(to, value []byte, closing int) []byte {
	from := 0
	for _, p := range f.places {
		to = append(append(to, value[from:p.start]...), f.texts[p.field]...)
		from = p.end
	}
	to = append(to, value[from:closing]...)
	for field := range f.texts {
		if f.seen>>field&1 == 0 {
			to = append(append(to, f.appended[field]...), f.texts[field]...)
		}
	}
	return append(to, '}')
}

// calendar gives day of the year, of the month and of the week, Monday being 1, of YYYY-MM-DD.
func calendar(date []byte) (year, month, week int, err error) {
	if len(date) != 10 || date[4] != '-' || date[7] != '-' {
		return 0, 0, 0, errDate
	}
	y, m, d := digits(date[:4]), digits(date[5:7]), digits(date[8:])
	day := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	if y < 0 || m < 1 || m > 12 || d < 1 || day.Day() != d {
		return 0, 0, 0, errDate
	}
	return day.YearDay(), d, (int(day.Weekday())+6)%7 + 1, nil
}

// digits is -1 where there is anything else.
func digits(text []byte) int {
	number := 0
	for _, c := range text {
		if c < '0' || c > '9' {
			return -1
		}
		number = number*10 + int(c-'0')
	}
	return number
}
