package shape

import "regexp"

// Shape is the form of a text.
type Shape struct {
	most int
	re   *regexp.Regexp
}

// UpTo is the shape of texts of at most most bytes that match pattern. It panics if pattern is no regular expression.
func UpTo(most int, pattern string) Shape { return Shape{most: most, re: regexp.MustCompile(pattern)} }

// MatchString says whether s is of the shape.
func (f Shape) MatchString(s string) bool { return len(s) <= f.most && f.re.MatchString(s) }
