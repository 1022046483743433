package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// The agent's pace, by its defaults.
const (
	everyMD       = 10 * time.Second
	everyBonds    = 5 * time.Second
	everyTopology = time.Minute
	everyDisks    = time.Minute
	everySensors  = 30 * time.Second // fans and temperatures, and supplies
	jitter        = 0.2
)

// idle reads what the agent reads as often as the agent does, and does nothing with it, until ctx ends. It knows the names
// beforehand and keeps its netlink socket.
func idle(ctx context.Context, arrays []string) error {
	links, err := openLinks()
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(links.socket) }()
	files, reports, states := attributes(arrays), bondReports(), diskStates()
	if err := links.add(reports); err != nil {
		return err
	}
	md, bonds, topology, disks, sensors := time.NewTimer(0), time.NewTimer(0), time.NewTimer(0), time.NewTimer(0), time.NewTimer(0)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-md.C:
			for _, f := range files {
				slurp(f)
			}
			md.Reset(jittered(everyMD))
		case <-bonds.C:
			if err := links.dump(); err != nil {
				return err
			}
			for _, f := range reports {
				slurp(f)
			}
			bonds.Reset(jittered(everyBonds))
		case <-topology.C:
			for _, f := range tables {
				slurp(f)
			}
			list("/sys/class/block", "/sys/class/net")
			topology.Reset(jittered(everyTopology))
		case <-disks.C:
			list("/sys/block")
			for _, f := range states {
				slurp(f)
			}
			disks.Reset(jittered(everyDisks))
		case <-sensors.C:
			list("/sys/class/hwmon", "/sys/class/hwmon", "/sys/class/power_supply")
			sensors.Reset(jittered(everySensors))
		}
	}
}

func jittered(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (1 + jitter*(2*rand.Float64()-1)))
}

// attributes are the files that a look at idle arrays reads.
func attributes(arrays []string) []string {
	files := []string{"/proc/mdstat"}
	for _, array := range arrays {
		dir := "/sys/block/" + array + "/md/"
		for _, attr := range []string{
			"array_state", "level", "layout", "raid_disks", "degraded", "metadata_version", "chunk_size", "consistency_policy",
			"sync_action", "last_sync_action", "resync_start", "mismatch_cnt", "uuid", "bitmap/location",
		} {
			files = append(files, dir+attr)
		}
		devices, err := filepath.Glob(dir + "dev-*")
		if err != nil {
			panic("internal error: a pattern of our own")
		}
		for _, device := range devices {
			for _, attr := range []string{"/state", "/slot", "/errors", "/bad_blocks"} {
				files = append(files, device+attr)
			}
		}
	}
	return files
}

// tables are what a look at a topology that has not changed reads.
var tables = []string{"/proc/1/mountinfo", "/proc/swaps"}

// list lists these directories. What can't be read costs as much.
func list(dirs ...string) {
	for _, d := range dirs {
		_, _ = os.ReadDir(d)
	}
}

// diskStates are the files that a look at disks reads again and again.
func diskStates() []string {
	var files []string
	for _, pattern := range []string{"size", "device/state", "device/iotmo_cnt", "device/ioerr_cnt"} {
		found, err := filepath.Glob("/sys/block/sd*/" + pattern)
		if err != nil {
			panic("internal error: a pattern of our own")
		}
		files = append(files, found...)
	}
	return files
}

// bondReports are the kernel's reports on its bonds.
func bondReports() []string {
	files, err := filepath.Glob("/proc/net/bonding/*")
	if err != nil {
		panic("internal error: a pattern of our own")
	}
	return files
}

// slurp reads a file with three calls. What can't be read costs as much.
func slurp(path string) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return
	}
	var buf [4096]byte
	_, _ = unix.Read(fd, buf[:])
	_ = unix.Close(fd)
}

// links is a netlink socket and the requests for all bonds and for the members of each.
type links struct {
	socket int
	asks   [][]byte
}

func openLinks() (links, error) {
	socket, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return links{}, fmt.Errorf("open netlink: %w", err)
	}
	const kind = 1 // IFLA_INFO_KIND
	return links{socket: socket, asks: [][]byte{ask(attribute(nil, unix.IFLA_LINKINFO, attribute(nil, kind, []byte("bond"))))}}, nil
}

// add asks for the members of these bonds too, which are named by their reports.
func (l *links) add(reports []string) error {
	for _, report := range reports {
		bond, err := net.InterfaceByName(filepath.Base(report))
		if err != nil {
			return err
		}
		master := binary.NativeEndian.AppendUint32(nil, uint32(bond.Index))
		l.asks = append(l.asks, ask(attribute(nil, unix.IFLA_MASTER, master)))
	}
	return nil
}

// ask is the request for the links that filter lets through, without their counters: RTM_GETLINK with a struct ifinfomsg of
// zeroes, IFLA_EXT_MASK and the filter (https://docs.kernel.org/userspace-api/netlink/specs.html).
func ask(filter []byte) []byte {
	const skipStats = 1 << 3 // RTEXT_FILTER_SKIP_STATS
	body := make([]byte, unix.SizeofIfInfomsg)
	body = attribute(body, unix.IFLA_EXT_MASK, binary.NativeEndian.AppendUint32(nil, skipStats))
	body = append(body, filter...)
	ask := binary.NativeEndian.AppendUint32(nil, uint32(unix.NLMSG_HDRLEN+len(body)))
	ask = binary.NativeEndian.AppendUint16(ask, unix.RTM_GETLINK)
	ask = binary.NativeEndian.AppendUint16(ask, unix.NLM_F_REQUEST|unix.NLM_F_DUMP)
	ask = append(ask, make([]byte, unix.NLMSG_HDRLEN-len(ask))...) // sequence and sender are the kernel's to echo
	return append(ask, body...)
}

// attribute appends a struct rtattr and its value, whose length is a multiple of four.
func attribute(b []byte, id uint16, value []byte) []byte {
	b = binary.NativeEndian.AppendUint16(b, uint16(unix.SizeofRtAttr+len(value)))
	b = binary.NativeEndian.AppendUint16(b, id)
	return append(b, value...)
}

// dump asks for all bonds and their members, and reads until the kernel is done.
func (l links) dump() error {
	for _, ask := range l.asks {
		if err := l.read(ask); err != nil {
			return err
		}
	}
	return nil
}

func (l links) read(ask []byte) error {
	if err := unix.Sendto(l.socket, ask, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return fmt.Errorf("ask for bonds: %w", err)
	}
	var buf [32 << 10]byte
	for {
		n, _, err := unix.Recvfrom(l.socket, buf[:], 0)
		if err != nil {
			return fmt.Errorf("read bonds: %w", err)
		}
		done, err := last(buf[:n])
		if done || err != nil {
			return err
		}
	}
}

// last says whether these messages end a dump.
func last(b []byte) (bool, error) {
	const typeAt = 4 // of the type in struct nlmsghdr
	for len(b) >= unix.NLMSG_HDRLEN {
		length := int(binary.NativeEndian.Uint32(b))
		switch binary.NativeEndian.Uint16(b[typeAt:]) {
		case unix.NLMSG_DONE:
			return true, nil
		case unix.NLMSG_ERROR:
			return true, errors.New("read bonds: the kernel refuses")
		}
		if length < unix.NLMSG_HDRLEN || length > len(b) {
			return true, errors.New("read bonds: a malformed message")
		}
		b = b[min((length+3)&^3, len(b)):]
	}
	return false, nil
}
