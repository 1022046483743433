#!/bin/bash
# A subscriber in the shell, on the host itself: prints a line for each event that is meant to wake somebody, as the agent tells
# it. It needs curl and jq, no server, and no more right than to read the socket.
#
#   subscribe.sh [SOCKET]
#
# From other hosts, with the command of NATS:  nats subscribe 'plimsoll.v1.*.*.event.>' --raw | jq -r .data.text
set -euo pipefail

socket=${1:-/run/plimsoll/plimsoll.sock}
curl --silent --show-error --fail --no-buffer --unix-socket "$socket" 'http://plimsoll/events?follow' |
	jq --unbuffered --raw-output 'select(.notify == "now") | "\(.time[:19])Z \(.severity) \(.text)"'
