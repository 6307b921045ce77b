package look

import "image/color"

// classes are the looks of what the processor's time is spent on, by the names that profiles have for it: system calls
// blue, cryptography red, values green, bytes purple, Go's runtime gray.
var classes = map[string]Look{
	"sockets":              {Fill: blue, Color: blue},
	"files":                {Fill: paleBlue, Color: blue, Hatch: Slashes},
	"other system calls":   {Fill: paleBlue, Color: blue},
	"hash":                 {Fill: vermilion, Color: vermilion},
	"MAC, signature":       {Fill: paleOrange, Color: vermilion, Hatch: Slashes},
	"coding":               {Fill: green, Color: green},
	"codec":                {Fill: color.White, Color: green, Hatch: crossed},
	"storage":              {Fill: purple, Color: purple},
	"transport":            {Fill: palePurple, Color: purple, Hatch: backslashes},
	"protocol":             {Fill: color.White, Color: color.Black, Hatch: Slashes},
	"load generator":       {Fill: color.White, Color: gray, Hatch: backslashes},
	"allocator, collector": {Fill: gray, Color: gray},
	"scheduler":            {Fill: paleGray, Color: gray},
	"profiling":            {Fill: paleGray, Color: gray, Hatch: crossed},
	"other":                {Fill: color.White, Color: color.White},
}

// OfClass is the look of a class; one that is not known looks like what is in none.
func OfClass(name string) Look {
	l, known := classes[name]
	if !known {
		l = classes["other"]
	}
	l.Title = name
	return l
}
