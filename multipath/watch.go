package multipath

import (
	"context"
	"fmt"
	"strings"

	"plimsoll/internal/announce"
	"plimsoll/internal/uevent"
)

// Watch pokes when a device-mapper device changes, as it does when a path fails or is reinstated, when a SCSI disk comes or goes,
// and once when it has begun to listen, until ctx ends; poke is called from two goroutines. SCSI announces no change of a
// path's state: the next look finds it.
func (c *Collector) Watch(ctx context.Context, poke func()) error {
	return fmt.Errorf("watch multipath: %w", announce.Events(ctx, concerns, poke))
}

func concerns(e uevent.Event) bool {
	if e.Subsystem != "block" {
		return false
	}
	if uuid, told := e.Var("DM_UUID"); told { // of a path that failed or is back; device-mapper's own events have no other
		return strings.HasPrefix(uuid, prefix)
	}
	name := e.DevPath[strings.LastIndex(e.DevPath, "/")+1:]
	return strings.HasPrefix(name, "dm-") || strings.HasPrefix(name, "sd") && e.Action != "change"
}
