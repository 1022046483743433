// Package effector does deeds to hosts of a lab and keeps when: a process apart, which is never killed nor paused and knows nothing
// of leave. As the privileged helper does, it refuses what comes past a deadline of CLOCK_BOOTTIME, so that an agent that was
// paused between its record and its deed does nothing when it wakes.
package effector
