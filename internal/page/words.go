package page

import (
	"fmt"
	"html/template"
	"time"

	"plimsoll/internal/api"
	"plimsoll/internal/phrase"
	"plimsoll/redundancy"
)

// words are the functions of the templates.
func words() template.FuncMap {
	return template.FuncMap{
		"bounds":  phrase.Bounds,
		"doing":   phrase.Doing,
		"glyph":   glyph,
		"list":    phrase.Doubts,
		"margin":  phrase.Margin,
		"percent": func(f float64) string { return fmt.Sprintf("%.1f %%", 100*f) },
		"rate":    phrase.Rate,
		"seconds": func(s float64) string { return phrase.Lasting(phrase.Seconds(s)) },
		"several": phrase.Several[int],
		"short":   short,
		"stage":   phrase.Stage,
		"status":  statusClass,
		"survive": func(b api.Bounds) string { return phrase.Survives(b) },
		"took":    func(s float64) string { return phrase.Seconds(s).Round(100 * time.Microsecond).String() },
		"utc":     func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
	}
}

// statusClass is the name of a status in the style sheet.
func statusClass(s redundancy.Status) string {
	switch s {
	case redundancy.FullyRedundant:
		return "whole"
	case redundancy.Degraded:
		return "degraded"
	case redundancy.Lost:
		return "lost"
	case redundancy.Failed:
		return "failed"
	case redundancy.NotRedundant:
		return "single"
	case redundancy.StatusUnknown:
	}
	return "unknown"
}

// glyph is a shape for a status, so that it can be told without its colour and before its word is read.
func glyph(s redundancy.Status) string {
	switch s {
	case redundancy.FullyRedundant:
		return "✓"
	case redundancy.Degraded:
		return "◐"
	case redundancy.Lost:
		return "▲"
	case redundancy.Failed:
		return "✗"
	case redundancy.NotRedundant:
		return "–"
	case redundancy.StatusUnknown:
	}
	return "?"
}

// troubleClass is the name of a trouble in the style sheet.
func troubleClass(t phrase.Trouble) string {
	switch t {
	case phrase.Missing, phrase.Failing:
		return "failed"
	case phrase.Predicted, phrase.Warned:
		return "degraded"
	case phrase.Unsure, phrase.Untold:
		return "unknown"
	case phrase.None:
	}
	return "whole"
}

// severityClass is the name of a severity in the style sheet.
func severityClass(s redundancy.Severity) string {
	switch s {
	case redundancy.SeverityCritical:
		return "failed"
	case redundancy.SeverityWarning:
		return "degraded"
	case redundancy.SeverityInfo, redundancy.SeverityUnknown:
	}
	return "info"
}

// short is a moment in UTC: the time of today, and of other days the date as well.
func short(t, now time.Time) string {
	t, now = t.UTC(), now.UTC()
	if t.Format(time.DateOnly) == now.Format(time.DateOnly) {
		return t.Format(time.TimeOnly)
	}
	return t.Format("2 Jan 15:04")
}
