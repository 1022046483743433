package hwmon

import (
	"context"
	"fmt"

	"plimsoll/internal/announce"
	"plimsoll/internal/uevent"
)

// Watch pokes when a chip comes, goes or changes, and once when it has begun to listen, until ctx ends; poke is called from two
// goroutines. It listens to uevents of the subsystem hwmon, which hwmon_notify_event sends too. Most drivers announce no alarm:
// the next look finds it.
func (c *Collector) Watch(ctx context.Context, poke func()) error {
	concerns := func(e uevent.Event) bool { return e.Subsystem == "hwmon" }
	return fmt.Errorf("watch hwmon: %w", announce.Events(ctx, concerns, poke))
}
