package api

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/user"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"
)

// Operators is the group whose members may act through the socket, beside root. They need the socket's own group too, to
// reach it.
const Operators = "plimsoll-operators"

// peer is who is at the other end of a connection, as the kernel says (SO_PEERCRED, unix(7)): the credentials of whoever
// connected, at that moment.
type peer struct {
	uid, gid uint32
	known    bool
}

func (p peer) String() string {
	if !p.known {
		return "somebody unknown"
	}
	return fmt.Sprintf("uid %d", p.uid)
}

type peerKey struct{}

// withPeer notes who connected.
func withPeer(ctx context.Context, conn net.Conn) context.Context {
	if g, counted := conn.(*guest); counted {
		conn = g.Conn
	}
	local, ok := conn.(*net.UnixConn)
	if !ok {
		return ctx
	}
	raw, err := local.SyscallConn()
	if err != nil {
		return ctx
	}
	var cred *unix.Ucred
	var asked error
	err = raw.Control(func(fd uintptr) { cred, asked = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED) })
	if err != nil || asked != nil {
		return ctx
	}
	return context.WithValue(ctx, peerKey{}, peer{uid: cred.Uid, gid: cred.Gid, known: true})
}

func peerOf(ctx context.Context) peer {
	p, _ := ctx.Value(peerKey{}).(peer)
	return p
}

// mayAct says whether p may do more than look: root, the agent's own user (who runs an agent by hand owns it), and the
// operators, by the system's databases of users and groups.
func mayAct(p peer) bool {
	if !p.known {
		return false
	}
	if p.uid == 0 || int(p.uid) == os.Getuid() {
		return true
	}
	operators, err := user.LookupGroup(Operators)
	if err != nil {
		return false
	}
	if operators.Gid == strconv.FormatUint(uint64(p.gid), 10) {
		return true
	}
	account, err := user.LookupId(strconv.FormatUint(uint64(p.uid), 10))
	if err != nil {
		return false
	}
	groups, err := account.GroupIds()
	return err == nil && slices.Contains(groups, operators.Gid)
}
