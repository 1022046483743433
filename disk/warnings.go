package disk

// The keys of the warnings on disks; docs/warnings.md tells of each.
const (
	WarnAttribute     = "attribute-at-threshold"
	WarnBackupFailed  = "backup-failed"
	WarnLink          = "link-below-capability"
	WarnMediaErrors   = "media-errors"
	WarnPath          = "path-down"
	WarnPCIe          = "pcie-errors"
	WarnPending       = "pending-sectors"
	WarnReallocated   = "reallocated-sectors"
	WarnRegion        = "memory-region-unreliable"
	WarnSilent        = "disk-silent"
	WarnSMARTOff      = "smart-off"
	WarnSecond        = "smartctl-disagrees"
	WarnSpareLow      = "spare-low"
	WarnTemperature   = "temperature"
	WarnTimeouts      = "timeouts"
	WarnUncorrectable = "uncorrectable-sectors"
	WarnUnknown       = "warning-unknown"
	WarnWorn          = "worn"
)
