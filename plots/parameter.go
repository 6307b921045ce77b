package plots

import (
	"fmt"
	"slices"
	"strconv"
)

// A parameter of a measurement, as the caption names it.
type parameter func(c Cell) string

var (
	variant    parameter = func(c Cell) string { return "variant " + c.Variant }
	suite      parameter = func(c Cell) string { return "suite " + c.Suite }
	durability parameter = func(c Cell) string { return "durability " + c.Durability }
	threshold  parameter = func(c Cell) string { return "t = " + strconv.Itoa(c.T) }
	valueSize  parameter = func(c Cell) string { return sizeName(c.ValueBytes) + " values" }
	clients    parameter = func(c Cell) string { return count(c.Clients, "client") }

	setUp = slices.Clip([]parameter{variant, suite, durability})
)

// circumstances are what all cells of a figure must share, whichever figure it is. What decides how TCP copes with
// delays counts only where there are any.
var circumstances = []parameter{
	func(c Cell) string { return linkName(c.Set.Manifest.Testbed) },
	func(c Cell) string { return delayName(c.Set.Manifest.Testbed.Delays) },
	func(c Cell) string { return kernelName(c.Set.Manifest) },
	func(c Cell) string { return keyModel(c.All()[0]) + " keys" },
	ifWAN(func(c Cell) string { return offloadName(c.Set.Manifest.Testbed) }),
	ifWAN(func(c Cell) string { return congestionName(c.Set.Manifest.Testbed) }),
}

func ifWAN(of parameter) parameter {
	return func(c Cell) string {
		if !c.wan() {
			return ""
		}
		return of(c)
	}
}

// check refuses cells that differ in a parameter which must be the same for all.
func check(fixed []parameter, cells []Cell) error {
	first := cells[0].Set
	for _, of := range slices.Concat(fixed, circumstances) {
		for _, c := range cells[1:] {
			if a, b := of(cells[0]), of(c); a != b {
				return fmt.Errorf("%s in %s but %s in %s: one figure cannot show both, plot each into a folder of its own",
					a, pointsFile(first), b, pointsFile(c.Set))
			}
		}
	}
	for _, c := range cells[1:] {
		if !slices.Equal(first.Manifest.Testbed.Delays, c.Set.Manifest.Testbed.Delays) {
			return fmt.Errorf("%s and %s differ in the delays of some hosts: plot each into a folder of its own",
				pointsFile(first), pointsFile(c.Set))
		}
	}
	return nil
}
