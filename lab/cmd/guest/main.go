// Command guest is the lab's part inside the guest: one static program that
// is process 1 in the initramfs, and after that, from a copy in /run, the
// lab's hand on the running system.
//
// It lives on a tmpfs of a machine without swap, so no page of it lies on the
// root disk: it goes on working, and can resume the disk, while the root
// hangs.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	if os.Getpid() == 1 {
		if err := initramfs(); err != nil {
			fmt.Fprintf(os.Stderr, "lab: %v\n", err)
			select {} // the end of process 1 is a panic that hides the message
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if len(os.Args) != 2 || os.Args[1] != "serve" {
		fmt.Fprintln(os.Stderr, "usage: guest serve")
		os.Exit(2)
	}
	if err := serve(ctx); err != nil {
		fmt.Fprintf(os.Stderr, "lab: %v\n", err)
		os.Exit(1)
	}
}
