package stat

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Missing stands in tables where there is no number.
const Missing = "–"

// Digits formats x with three significant digits, or all those before the point.
func Digits(x float64) string { return fmt.Sprintf("%.*f", decimals(x), x) }

func decimals(x float64) int {
	switch x = math.Abs(x); {
	case x >= 99.95:
		return 0
	case x >= 9.995:
		return 1
	default:
		return 2
	}
}

// OrMissing formats as Digits does a quantity that is 0 when it is not known.
func OrMissing(x float64) string { return unlessZero(x, Digits(x)) }

// OrWhole formats a count that is 0 when it is not known.
func OrWhole(x float64) string { return unlessZero(x, strconv.FormatFloat(x, 'f', 0, 64)) }

func unlessZero(x float64, text string) string {
	if x == 0 {
		return Missing
	}
	return text
}

// OrDash is the text, or Missing if it is empty.
func OrDash(text string) string { return cmp.Or(text, Missing) }

// Count formats n things, as in "1 client" and "12 clients".
func Count(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return strconv.Itoa(n) + " " + thing
}

// Percent formats a share, as in "1.23 %".
func Percent(share float64) string { return fmt.Sprintf("%.2f %%", 100*share) }

// Signed formats a difference as a share in percent with its sign, as in "+0.02 %".
func Signed(share float64) string { return fmt.Sprintf("%+.2f %%", 100*share) }

// Roughly formats a share in whole percent.
func Roughly(share float64) string {
	if share < 0.005 {
		return "less than 1 %"
	}
	return fmt.Sprintf("%.0f %%", 100*share)
}

// SizeName formats a value's size in bytes, as in "256 KiB".
func SizeName(bytes int) string {
	switch {
	case bytes >= 1<<20 && bytes%(1<<20) == 0:
		return fmt.Sprintf("%d MiB", bytes>>20)
	case bytes >= 1<<10 && bytes%(1<<10) == 0:
		return fmt.Sprintf("%d KiB", bytes>>10)
	default:
		return fmt.Sprintf("%d B", bytes)
	}
}

// AnySize names a size in bytes that need not be a round one, to two digits, as in "3.4 KiB".
func AnySize(bytes float64) string {
	unit := "B"
	for _, larger := range []string{"KiB", "MiB"} {
		if bytes < 1024 {
			break
		}
		bytes, unit = bytes/1024, larger
	}
	if bytes < 9.95 && unit != "B" {
		return fmt.Sprintf("%.1f %s", bytes, unit)
	}
	return fmt.Sprintf("%.0f %s", bytes, unit)
}

// OpName is an operation as the paper writes it, such as "READ"; of a mix, "95 % READ".
func OpName(op string) string { return strings.ToUpper(strings.ReplaceAll(op, "%", " %")) }
