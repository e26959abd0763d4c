#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The server in a VM of its own: swap goes over the wire and survives that it is
# cut for a while, and a VM that dies leaves a verdict.  (That nothing else
# is left is for run-tests to see.)
#
# usage: vm/pair.sh (from the top of the source tree)

# shellcheck disable=SC2317 # the functions are called through check()
# shellcheck source-path=SCRIPTDIR
set -eu
. "$(dirname "$0")/../tap.sh"
. "$(dirname "$0")/vm.sh"

# scenario NAME LINE...: the file $work/NAME.scn; the lines are a fault's, and what follows it.
scenario() {
	file=$work/$1.scn
	shift
	cat >"$file" <<EOF
# SPDX-License-Identifier: GPL-2.0-only
# Two VMs, and a fault of the server's
[kernel]
series=fix
[swap]
size=256M
[link]
kind=pair
pcap=yes
[pressure main]
workload=anon
total=160M
[fault server]
at=1s
EOF
	printf '%s\n' "$@" >>"$file"
}

crossed_the_wire() {
	grep -q '"link" : "pair"' "$1/run.json" && [ -f "$1/peer.log" ] && [ -s "$1/peer.cmd" ] &&
		grep -q 'in a second VM, on Debian' "$1/report.txt" &&
		[ "$(od -An -N4 -tx1 "$1/link.pcap")" = " d4 c3 b2 a1" ] &&
		grep -aq NBDMAGIC "$1/link.pcap"
}

# The harness knows that nothing could cross, and the kernel's TCP that nothing did.
was_cut() {
	grep '"name":"server"\|STARVED' "$1/events.jsonl"
	grep -q '"event":"fault-end","name":"server"' "$1/events.jsonl" &&
		grep -q '"name":"STARVED"' "$1/events.jsonl" &&
		[ "$(tail -n 1 "$1/samples.jsonl" | member tcp_timer_fires)" -gt 0 ]
}

# Longer than it takes to call it STARVED, twice: a task may submit one more page meanwhile.
scenario cut 'kind=partition' 'for=9s'
scenario dies 'kind=server-kill' '[expect]' 'verdict=STARVED' 'deadline=15s'
begin_runs "$work/cut.scn" "$work/dies.scn"
next_run || line=
dir=$(echo "$line" | member run_dir)
check "the wire is cut for 9 s: PASS" gave PASS "$line"
check "nothing crossed it meanwhile" was_cut "$dir"
check "what was swapped crossed the wire" crossed_the_wire "$dir"
next_run || line=
dir=$(echo "$line" | member run_dir)
check "the server's VM dies: STARVED" gave STARVED "$line"
check "its record is whole" record_is_whole "$dir"
check "netswap run ends with status 0" wait "$harness"

# What a crash of the server's kernel looks like on its console, in words of its command line.
crashes_begin_again() {
	line=$("$netswap" run --json --out "$runs" --set link.kind=pair \
		--set 'link.server_cmdline=loglevel=7 "BUG: planted"' control/pass 2>"$work/err")
	cat "$work/err"
	gave INFRA "$line" && [ "$(grep -c "begins again" "$work/err")" = 2 ] &&
		grep -q "server's VM crashed: .*BUG: planted" "$(echo "$line" | member run_dir)/report.txt"
}

check "a crash of the server's VM is not the guest's: begun again, twice" crashes_begin_again
tap_end
