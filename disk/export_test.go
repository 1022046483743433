package disk

import (
	"context"

	"plimsoll/internal/uevent"
)

// Ask asks disks until ctx ends, as Watch does, and listens to nothing.
func (c *Collector) Ask(ctx context.Context, poke func()) { c.asker.run(ctx, poke) }

// Heard is what Watch does with a message of the kernel.
func (c *Collector) Heard(e uevent.Event) bool { return c.heard(e) }

// The times that tests wait for.
const (
	AnswerTime = answerTime
	QuietTime  = quietTime
	HoldTime   = holdTime
	ProbeTime  = probeTime
	KeepsFor   = keepsFor
	Most       = most
	Delay      = delay
)

// ReportOf is what s comes to for a disk named sda.
func ReportOf(s Smartctl) Report { return s.report("sda") }
