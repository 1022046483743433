package config

import "strings"

// Nearest is the candidate that word was probably meant to be: the one with the fewest letters to change, if those are few
// enough for a slip of the fingers.
func Nearest(word string, candidates []string) (string, bool) {
	best, found := "", false
	// A third of the letters: more than that is another word.
	limit := max(1, len(word)/3)
	for _, c := range candidates {
		if d := distance(strings.ToLower(word), strings.ToLower(c), limit); d <= limit {
			best, found, limit = c, true, d-1
		}
	}
	return best, found
}

// distance counts the letters to insert, delete, replace or swap with their neighbour to turn a into b (optimal string
// alignment). Words whose lengths differ by more than limit are not compared and come back as limit+1.
func distance(a, b string, limit int) int {
	if len(a)-len(b) > limit || len(b)-len(a) > limit {
		return limit + 1
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row[0] = i + 1
		for j := range len(b) {
			replace := last[j]
			if a[i] != b[j] {
				replace++
			}
			row[j+1] = min(last[j+1]+1, row[j]+1, replace)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}

// nearestKey is the known key that path was probably meant to be: one beside it that reads alike, or one elsewhere that
// has the same last name.
func nearestKey(path string, siblings, all []string) string {
	parent, name := "", path
	if i := strings.LastIndexByte(path, '.'); i >= 0 {
		parent, name = path[:i+1], path[i+1:]
	}
	if n, ok := Nearest(name, siblings); ok {
		return parent + n
	}
	found := ""
	for _, k := range all {
		if k != name && !strings.HasSuffix(k, "."+name) {
			continue
		}
		if found != "" {
			return "" // several places have that name: any choice would be a guess
		}
		found = k
	}
	return found
}
