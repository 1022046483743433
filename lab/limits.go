package lab

import (
	"context"
	"fmt"
	"strings"
)

// hitLimits lists what the kernel has said, since it was asked last, of units
// of the agent's that came to the end of their memory or of their tasks.
const hitLimits = `dmesg --read-clear | grep -E '(oom-kill:|fork rejected by pids controller).*/plimsoll' || true`

// expectLimits checks that whatever the script asked of the agent and its
// helpers, the limits of their units left them room for it.
func (s *session) expectLimits(ctx context.Context) error {
	for _, m := range s.guests() {
		out, err := m.MustRun(ctx, hitLimits)
		if err != nil {
			return err
		}
		if said := strings.TrimSpace(out.Out); said != "" {
			return fmt.Errorf("a unit has come to its limits: %s", said)
		}
	}
	return nil
}
