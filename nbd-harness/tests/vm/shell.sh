#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A person at the machine: a shell on its console, also when the guest's
# preparation or the run fails, and a debugger's way in.
#
# usage: vm/shell.sh (from the top of the source tree)

# shellcheck disable=SC2317 # the functions are called through check()
# shellcheck source-path=SCRIPTDIR
set -eu
. "$(dirname "$0")/../tap.sh"
. "$(dirname "$0")/vm.sh"

PROMPT_S=120 # from the start to a prompt, on a slow host

# begin ARGUMENT...: netswap with keys from descriptor 5; what it prints goes to $work/{said,shown}.
begin() {
	rm -f "$work/keys"
	mkfifo "$work/keys"
	"$netswap" "$@" <"$work/keys" >"$work/shown" 2>"$work/said" &
	session=$!
	exec 5>"$work/keys"
}

prompted() {
	grep -q '/ # ' "$work/shown"
}

# The shell computes, so that an echo of the keys does not pass for an answer.
answers() {
	wait_for "$PROMPT_S" prompted || {
		cat "$work/said" "$work/shown"
		return 1
	}
	# shellcheck disable=SC2016 # for the guest's shell
	printf 'echo an$((40+2))er\n' >&5
	wait_for 20 grep -q 'an42er' "$work/shown" || {
		cat "$work/said" "$work/shown"
		return 1
	}
}

says() {
	cat "$work/said"
	grep -q -e "$1" "$work/said"
}

# gdb's server is there, as long as the machine is.
gdb_socket() {
	socket=$(sed -n "s/.*gdb .*vmlinux -ex 'target remote \([^']*\)'.*/\1/p" "$work/said")
	echo "socket: $socket"
	[ -S "$socket" ]
}

ends() {
	printf '\035' >&5
	exec 5>&-
	status=0
	wait "$session" || status=$?
	echo "status $status, wanted $1"
	[ "$status" = "$1" ] && [ ! -e "${socket:-/nonexistent}" ]
}

begin shell --gdb control/pass
check "netswap shell: a shell on the console" answers
check "--gdb says how to attach, and the socket is there" gdb_socket
check "Ctrl-] ends it, and all of it" ends 0

begin shell --set machine.sysctl.vm.no_such_thing=1 control/pass
check "a guest whose preparation fails has a shell all the same" answers
check "... and the failure is said" says 'vm.no_such_thing.*here is a shell'
check "Ctrl-] ends it as well" ends 0

begin run --shell-on-failure --out "$runs" --set expect.verdict=PASS control/deadlock
check "run --shell-on-failure: a shell on the console of a guest that hangs" answers
check "... and a way in for gdb" gdb_socket
check "the report is there already" test -s "$(echo "$runs"/control-deadlock-*)/report.html"
check "Ctrl-] ends it; the status is that of the verdict" ends 1
tap_end
