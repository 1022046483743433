// Package plimsoll holds no code. Its tests guard the house as a whole: which package may import which, that each says what
// it is for, and where the world may be touched (arch_test.go, arch_source_test.go). docs/architecture.md is the tour.
package plimsoll
