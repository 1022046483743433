package disk

import "context"

// Ask asks disks until ctx ends, as Watch does, and listens to nothing.
func (c *Collector) Ask(ctx context.Context, poke func()) { c.asker.run(ctx, poke) }

// The times that tests wait for.
const (
	AnswerTime = answerTime
	QuietTime  = quietTime
	HoldTime   = holdTime
	KeepsFor   = keepsFor
	Most       = most
	Delay      = delay
)
