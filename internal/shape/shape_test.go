package shape_test

import (
	"strings"
	"testing"

	"plimsoll/internal/shape"
)

func TestAShapeIsOfItsLettersAndNoLonger(t *testing.T) {
	t.Parallel()
	name := shape.UpTo(5, `^[a-z]+\.x$`)
	for text, is := range map[string]bool{"abc.x": true, "abcd.x": false, "a.x": true, ".x": false, "abc.y": false, "": false} {
		if name.MatchString(text) != is {
			t.Errorf("%q: %v", text, !is)
		}
	}
	if shape.UpTo(1000, `^a*$`).MatchString(strings.Repeat("a", 1001)) {
		t.Error("longer than a thousand bytes")
	}
}
