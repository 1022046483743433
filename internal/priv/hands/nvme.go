package hands

import (
	"plimsoll/internal/priv"
)

// AdminCommand is an NVMe admin command that reads.
type AdminCommand struct {
	Opcode    byte
	Namespace uint32
	DWord10   uint32
}

// The NVMe admin commands that are sent (NVM Express Base Specification 2.0, figures 138 and 273).
const (
	nvmeGetLogPage = 0x02
	nvmeIdentify   = 0x06

	identifyController = 1
	identifyLength     = 4096
	smartLog           = 0x02
	smartLength        = 512
	everyNamespace     = 0xffffffff
)

// nvme reads an NVMe controller's pages. Its admin commands are answered in every power state.
func (l *looker) nvme() error {
	l.pages = make([][]byte, priv.NVMePages)
	// Reading the log page unmasks the event that announced it, if there was one: what the event is about is on the page.
	smart, err := l.disk.NVMe(AdminCommand{
		Opcode: nvmeGetLogPage, Namespace: everyNamespace, DWord10: smartLog | (smartLength/4-1)<<16,
	}, smartLength)
	if err != nil {
		return err
	}
	l.pages[priv.NVMeSMART] = smart
	identify, err := l.disk.NVMe(AdminCommand{Opcode: nvmeIdentify, DWord10: identifyController}, identifyLength)
	l.put(priv.NVMeIdentify, "Identify Controller", identify, err)
	return nil
}
