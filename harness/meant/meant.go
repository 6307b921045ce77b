// Package meant finds the word that somebody meant who wrote another. It imports nothing of ours; commands, experiments and the
// catalogue of protocols import it.
package meant

// Word returns the one of the words that is most like the wrong one, or nothing if none is: if more than a third of its letters
// are others, missing, too many or have changed places.
func Word(wrong string, words []string) string {
	best, least := "", 1+len(wrong)/3
	for _, w := range words {
		if d := slips(wrong, w); d < least {
			best, least = w, d
		}
	}
	return best
}

// slips is how many letters must be changed, left out, added, or exchanged with their neighbour to make b of a (optimal
// string alignment).
func slips(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			same := 1
			if a[i-1] == b[j-1] {
				same = 0
			}
			d := min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+same)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, rows[i-2][j-2]+1)
			}
			rows[i][j] = d
		}
	}
	return rows[len(a)][len(b)]
}
