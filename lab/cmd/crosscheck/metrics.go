package main

import (
	"context"
	"regexp"
	"slices"
	"strings"
)

// agentListen is where the agent serves metrics by default.
const agentListen = "127.0.0.1:9877"

// metrics compares node_exporter's series with those that the agent has by its names.
func metrics(ctx context.Context, _ told) ([]field, error) {
	theirs, err := exporter(ctx, "mdadm", "bonding", "powersupplyclass")
	if err != nil {
		return nil, err
	}
	ours, err := scrape(ctx, agentListen)
	if err != nil {
		return nil, err
	}
	return seriesFields(theirs, ours), nil
}

// untold are series of node_exporter that the agent does not have, and why, as docs/metrics.md does.
var untold = []struct {
	series *regexp.Regexp
	why    string
}{
	{regexp.MustCompile(`^node_md_blocks(_synced)?{`), "an array's size is no matter of redundancy, and no look reads it"},
	{regexp.MustCompile(`^node_power_supply_`), "no verdict needs it"},
}

// needed are the series of power supplies that verdicts are made of.
var needed = regexp.MustCompile(`^node_power_supply_(online|present|capacity|capacity_alert_min){`)

const missing = "no such series"

// seriesFields puts every series that either has beside the other's. Of one that the agent has not and need not have it has
// nothing to say; any other that one side lacks is a difference.
func seriesFields(theirs, ours string) []field {
	const peer = "node_exporter"
	told, own := seriesOf(theirs), seriesOf(ours)
	var all []field
	for series, value := range told {
		f := field{series, peer, value, own[series]}
		if f.ours == "" && !explained(series) {
			f.ours = missing
		}
		all = append(all, f)
	}
	for series, value := range own {
		if told[series] == "" {
			all = append(all, field{series, peer, missing, value})
		}
	}
	slices.SortFunc(all, func(a, b field) int { return strings.Compare(a.of, b.of) })
	return all
}

func explained(series string) bool {
	for _, u := range untold {
		if u.series.MatchString(series) && !needed.MatchString(series) {
			return true
		}
	}
	return false
}

// seriesOf are the values of the series of a page of metrics that are of arrays, bonds and power supplies.
func seriesOf(page string) map[string]string {
	out := make(map[string]string)
	for line := range strings.Lines(page) {
		series, value, ok := strings.Cut(strings.TrimSpace(line), "} ")
		if ok && (strings.HasPrefix(series, "node_md_") || strings.HasPrefix(series, "node_bonding_") || strings.HasPrefix(series, "node_power_supply_")) {
			out[series+"}"] = value
		}
	}
	return out
}
