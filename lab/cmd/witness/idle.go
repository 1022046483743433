package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// The agent's pace, by its defaults.
const (
	everyMD    = 10 * time.Second
	everyBonds = 5 * time.Second
	jitter     = 0.2
)

// idle reads what the agent reads as often as the agent does, and does nothing with it, until ctx ends. It knows the names
// beforehand and keeps its netlink socket.
func idle(ctx context.Context, arrays []string) error {
	links, err := openLinks()
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(links.socket) }()
	files := attributes(arrays)
	md, bonds := time.NewTimer(0), time.NewTimer(0)
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
			bonds.Reset(jittered(everyBonds))
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
			"sync_action", "last_sync_action", "resync_start", "mismatch_cnt", "uuid",
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

// links is a netlink socket and the request for all bonds.
type links struct {
	socket int
	ask    []byte
}

func openLinks() (links, error) {
	socket, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return links{}, fmt.Errorf("open netlink: %w", err)
	}
	return links{socket: socket, ask: askBonds()}, nil
}

// askBonds is the request for all bonds, without their counters: RTM_GETLINK with a struct ifinfomsg of zeroes, IFLA_EXT_MASK
// and IFLA_LINKINFO (https://docs.kernel.org/userspace-api/netlink/specs.html).
func askBonds() []byte {
	const (
		kind      = 1      // IFLA_INFO_KIND
		skipStats = 1 << 3 // RTEXT_FILTER_SKIP_STATS
	)
	body := make([]byte, unix.SizeofIfInfomsg)
	body = attribute(body, unix.IFLA_EXT_MASK, binary.NativeEndian.AppendUint32(nil, skipStats))
	body = attribute(body, unix.IFLA_LINKINFO, attribute(nil, kind, []byte("bond")))
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

// dump asks for all bonds and reads until the kernel is done.
func (l links) dump() error {
	if err := unix.Sendto(l.socket, l.ask, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
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
