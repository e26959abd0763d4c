#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# NBD's connection ends while memory is short, and a process is to bring it back:
# with the series io-flusher (in fix-all) it does; with fix alone, the control, it waits for
# memory that only swap can free, and the report says so.
#
# usage: vm/reconnect.sh (from the top of the source tree)

# shellcheck disable=SC2317 # the functions are called through check()
# shellcheck source-path=SCRIPTDIR
set -eu
. "$(dirname "$0")/../tap.sh"
. "$(dirname "$0")/vm.sh"

# The kernel lost its connection, and gave no request up.
reconnected() {
	cat "$1/console.log"
	grep -q 'nbd0: Receive control failed' "$1/console.log" &&
		! grep -q 'I/O error' "$1/console.log"
}

# It is named: in reclaim itself, or waiting for an answer that was refused.
blames_the_process() {
	echo "$1"
	case $(echo "$1" | member signature) in
	'connection <- user' | 'connection <- user in reclaim') ;;
	*) return 1 ;;
	esac
}

judged_the_same() {
	before=$(member verdict <"$dir/verdict.json")
	"$netswap" report --again "$dir" >/dev/null || true
	after=$(member verdict <"$dir/verdict.json")
	echo "$before, then $after"
	[ "$before" = DEADLOCK ] && [ "$after" = DEADLOCK ]
}

begin_runs nbd/reconnect
next_run || line=
check "with fix-all: PASS" gave PASS "$line"
check "the connection ended, and came back" reconnected "$(echo "$line" | member run_dir)"
check "netswap run ends with status 0" wait "$harness"

# By chance: the flood must have taken enough before the server is back.
try=0
verdict=
until [ "$verdict" = DEADLOCK ] || [ "$try" -eq 5 ]; do
	try=$((try + 1))
	begin_runs --set kernel.series=fix --seed "$try" nbd/reconnect
	next_run || line=
	verdict=$(echo "$line" | member verdict)
	status=0
	wait "$harness" || status=$?
done
dir=$(echo "$line" | member run_dir)
check "with fix alone: DEADLOCK (try $try)" gave DEADLOCK "$line"
check "its signature blames who connects" blames_the_process "$line"
check "netswap run ends with status 1" [ "$status" -eq 1 ]
check "judged again, it is the same" judged_the_same
tap_end
