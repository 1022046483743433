package hwmon

import (
	"time"

	"plimsoll/internal/chipid"
)

// Stick has the chips at these places not answer before the channel is closed, and looks wait no longer than patience for them.
func (c *Collector) Stick(patience time.Duration, until map[string]<-chan struct{}) {
	fill := c.fill
	c.patience = patience
	c.fill = func(r *reader, id chipid.Chip, channels []Channel) bool {
		if stuck, is := until[id.Place]; is {
			<-stuck
		}
		return fill(r, id, channels)
	}
}

// Quieten has warnings end as soon as alarms have been gone for so long.
func (c *Collector) Quieten(after time.Duration) { c.holds.quiet = after }
