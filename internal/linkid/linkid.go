package linkid

import (
	"strings"

	"plimsoll/internal/sysfs"
	"plimsoll/redundancy"
)

// Of is the link as a part.
func Of(sys sysfs.FS, name string) redundancy.ID {
	dir := "class/net/" + name
	if _, err := sys.Readlink(dir + "/device"); err == nil {
		if address := permanent(sys, dir); address != "" {
			return redundancy.ID("nic:" + address)
		}
	}
	return redundancy.ID("link:" + name)
}

func permanent(sys sysfs.FS, dir string) string {
	const asMade = "0"
	address, err := sys.Read(dir + "/bonding_slave/perm_hwaddr")
	if err != nil {
		if assigned, err := sys.Read(dir + "/addr_assign_type"); err != nil || assigned != asMade {
			return ""
		}
		address, _ = sys.Read(dir + "/address") // without it there is none
	}
	if strings.Trim(address, "0:") == "" {
		return ""
	}
	return strings.ToLower(address)
}
