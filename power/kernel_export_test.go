package power

import (
	"strings"
	"time"
)

// Stick has the source whose name ends so not answer before the channel is closed, and looks wait no longer than so long.
func (r *Reader) Stick(wait time.Duration, name string, until <-chan struct{}) {
	r.wait = wait
	r.before = func(key string) {
		if strings.HasSuffix(key, name) {
			<-until
		}
	}
}
