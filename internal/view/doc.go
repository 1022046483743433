// Package view is what the agent publishes of itself after every step: one immutable value that the API, the metrics and
// the pages read without a lock and without touching hardware. It holds no behaviour.
package view
