package frame

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/powbench/powbench/plots/stat"
)

// A parameter of a measurement, as the caption names it.
type Parameter func(c Cell) string

var (
	variant    Parameter = func(c Cell) string { return "variant " + c.Variant }
	suite      Parameter = func(c Cell) string { return "suite " + c.Suite }
	durability Parameter = func(c Cell) string { return "durability " + c.Durability }
	Threshold  Parameter = func(c Cell) string { return "t = " + strconv.Itoa(c.T) }
	ValueSize  Parameter = func(c Cell) string { return stat.SizeName(c.ValueBytes) + " values" }
	Clients    Parameter = func(c Cell) string { return stat.Count(c.Clients, "client") }

	SetUp = slices.Clip([]Parameter{variant, suite, durability})
)

// circumstances are what all cells of a figure must share, whichever figure it is. What decides how TCP copes with
// delays counts only where there are any.
var circumstances = []Parameter{
	func(c Cell) string { return LinkName(c.Set.Manifest.Testbed) },
	func(c Cell) string { return DelayName(c.Set.Manifest.Testbed.Delays) },
	func(c Cell) string { return KernelName(c.Set.Manifest) },
	func(c Cell) string { return KeyModel(c.All()[0]) + " keys" },
	ifWAN(func(c Cell) string { return OffloadName(c.Set.Manifest.Testbed) }),
	ifWAN(func(c Cell) string { return CongestionName(c.Set.Manifest.Testbed) }),
}

func ifWAN(of Parameter) Parameter {
	return func(c Cell) string {
		if !c.Wan() {
			return ""
		}
		return of(c)
	}
}

// Check refuses cells that differ in a parameter which must be the same for all.
func Check(fixed []Parameter, cells []Cell) error {
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
