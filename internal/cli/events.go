package cli

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"plimsoll/internal/api"
	"plimsoll/redundancy"
)

func (c *command) eventsCommand() *cobra.Command {
	var (
		follow bool
		since  string
	)
	cmd := &cobra.Command{
		Use:   "events",
		Short: "list what has changed lately",
		Long: `events lists the newest 200 events, the newest last, also those from before the agent was started; all of them are in the log and in the stream.

Exit status: 0 listed; 2 --since can't be read; 3 the agent could not be asked, or went away while it was followed.`,
		Args: noWords,
		RunE: run(func(cmd *cobra.Command, _ []string) error {
			query := url.Values{}
			if follow {
				query.Set("follow", "")
			}
			if since != "" {
				query.Set("since", sinceOf(since, c.Now()))
			}
			screen := c.screen()
			return c.client().Lines(cmd.Context(), api.PathEvents, query, func(text []byte) error {
				if c.json {
					_, err := fmt.Fprintf(c.Out, "%s\n", text)
					return err
				}
				var e redundancy.Event
				if err := json.Unmarshal(text, &e); err != nil {
					return fmt.Errorf("read an event: %w", err)
				}
				screen.show(eventLine(e, c.Now().Location()))
				return nil
			})
		}),
	}
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, "stay, and show those that come")
	cmd.Flags().StringVar(&since, "since", "", "only events `after` a time (2026-01-02T03:04:05Z), a while ago (10m) or a sequence number")
	return cmd
}

// sinceOf is what the agent is asked for: it takes times and sequence numbers, people also say how long ago.
func sinceOf(word string, now time.Time) string {
	if _, err := strconv.ParseUint(word, 10, 64); err == nil {
		return word
	}
	if d, err := time.ParseDuration(word); err == nil {
		return now.Add(-d).UTC().Format(time.RFC3339Nano)
	}
	return word
}

func eventLine(e redundancy.Event, zone *time.Location) line {
	return line{
		say(dim, e.Time.In(zone).Format(time.DateTime)+"  "), sayf(severityStyle(e.Severity), "%-8s", e.Severity),
		sayf(plain, "  %-21s  %s", e.Type, eventText(e)),
	}
}

func eventText(e redundancy.Event) string {
	if e.Count > 1 {
		return fmt.Sprintf("%s (%d times)", e.Text, e.Count)
	}
	return e.Text
}

func severityStyle(s redundancy.Severity) style {
	switch s {
	case redundancy.SeverityCritical:
		return red
	case redundancy.SeverityWarning:
		return yellow
	case redundancy.SeverityInfo, redundancy.SeverityUnknown:
		return plain
	default:
		return plain
	}
}
