package disk

import (
	"context"
	"time"
)

// Ask asks disks until ctx ends, as Watch does, and listens to nothing.
func (c *Collector) Ask(ctx context.Context, poke func()) { c.asker.run(ctx, poke) }

// Announced is what Watch does when the kernel announces a change of a block device.
func (c *Collector) Announced(name string) { c.asker.announced(name, time.Now()) }

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
