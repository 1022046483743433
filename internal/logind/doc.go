// Package logind hears that the host is going down: systemd-logind announces it before anything is stopped
// (PrepareForShutdown in org.freedesktop.login1(5)), and what stops then has not failed.
//
// What it is not: it holds nothing up (it takes no inhibitor lock), and it does not hear of a shutdown that goes past logind
// (reboot -f, a power button that the kernel handles).
package logind
