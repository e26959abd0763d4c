#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A run that is killed, interrupted, stopped or not alone: no process is left,
# nothing recorded is lost, and the verdict does not blame the kernel.
#
# usage: vm/lifecycle.sh (from the top of the source tree)

# shellcheck disable=SC2317 # the functions are called through check()
# shellcheck source-path=SCRIPTDIR
set -eu
. "$(dirname "$0")/../tap.sh"
. "$(dirname "$0")/vm.sh"

GONE_S=2	 # no process of a run may outlive its harness by more
PRESSING_S=60 # from its begin to its pressure, on a slow host

# tree PID: it and all its descendants, one a line.
tree() {
	ps -e -o pid= -o ppid= | awk -v root="$1" '
		{ parent[$1] = $2 }
		END {
			for (pid in parent) {
				for (up = pid; up != root && up > 1; )
					up = up in parent ? parent[up] : 0
				if (up == root)
					print pid
			}
		}'
}

# of NAME PID...: those whose program begins with NAME.
of() {
	want=$1
	shift
	for pid; do
		case $(cat "/proc/$pid/comm" 2>/dev/null) in
		"$want"*) echo "$pid" ;;
		esac
	done
}

# Zombies are gone: only their parent can still see them.
all_gone() {
	for pid in $family; do
		state=$(sed -n 's/^State:\t\(.\).*/\1/p' "/proc/$pid/status" 2>/dev/null) || true
		case $state in
		'' | Z | X) ;;
		*)
			echo "$pid ($(cat "/proc/$pid/comm")) is still there"
			return 1
			;;
		esac
	done
}

none_left() {
	wait_for "$GONE_S" all_gone
}

pressing() {
	[ "$(cat "$runs"/*/events.jsonl 2>/dev/null | grep -c '"name":"pressing"')" -ge "$1" ]
}

# long_run ARGUMENT...: a run that is under pressure now; $family are its processes, $dir is its.
long_run() {
	rm -rf "${runs:?}"/*
	begin_runs --set pressure.passes=1000 "$@" control/pass
	wait_for "$PRESSING_S" pressing 1 || echo "# no pressure within $PRESSING_S s"
	family=$(tree "$harness")
	dir=$(echo "$runs"/control-pass-*)
}

# The harness ended with status $1, and its only line says $2.
ended() {
	status=0
	wait "$harness" || status=$?
	next_run || line=
	echo "status $status, wanted $1; line: $line"
	[ "$status" = "$1" ] && gave "$2" "$line"
}

reason_says() {
	grep '"reason"' "$dir/verdict.json"
	grep -q -e "\"reason\" : \".*$1" "$dir/verdict.json"
}

completes_record() {
	[ ! -e "$dir/verdict.json" ] || return 1
	"$netswap" report "$dir" && grep '"verdict"' "$dir/verdict.json" && [ -s "$dir/report.txt" ]
}

# shellcheck disable=SC2086 # pids
family_is_whole() {
	echo "family: $family"
	[ -n "$(of qemu-system $family)" ] && [ -n "$(of nbd-server $family)" ]
}

long_run
check "a run has QEMU and a server below it" family_is_whole
kill -KILL "$harness"
check "kill -9 of the harness: nothing is left" none_left
wait "$harness" 2>/dev/null || true
samples=$(wc -l <"$dir/samples.jsonl")
check "... report completes the record" completes_record
check "... and changes nothing that was recorded" test "$(wc -l <"$dir/samples.jsonl")" = "$samples"

for signal in INT TERM; do
	long_run
	kill -"$signal" "$harness"
	check "SIG$signal: status 125, INFRA" ended 125 INFRA
	check "... the reason is named" reason_says "interrupted by a signal"
	check "... nothing is left" none_left
done

long_run
# shellcheck disable=SC2046,SC2086 # pids
kill -KILL $(of nbd-server $family)
check "the server is killed from outside: status 125, INFRA" ended 125 INFRA
check "... the reason names it" reason_says "nbd-server"
check "... nothing is left" none_left

long_run --jobs 2 --repeat 2
wait_for "$PRESSING_S" pressing 2 || true
family=$(tree "$harness")
check "--jobs 2: two runs at the same time, on the same port" pressing 2
kill -KILL "$harness"
check "... kill -9 of their parent: nothing is left" none_left
wait "$harness" 2>/dev/null || true

# A stopped QEMU looks like a hang from inside and from outside.
rm -rf "${runs:?}"/*
begin_runs control/pass
wait_for "$PRESSING_S" pressing 1 || true
# shellcheck disable=SC2046 # pids
qemu=$(of qemu-system $(tree "$harness"))
sleep 1
kill -STOP "$qemu"
sleep 10
kill -CONT "$qemu"
check "QEMU is stopped for 10 s: still PASS" ended 0 PASS

# Two harnesses, one output folder, one name, one port, one second.  One process, since several
# may take turns on a slow host and never need swap together.
rm -rf "${runs:?}"/*
small="--set machine.memory=96M --set pressure.total=104M --set pressure.processes=1"
# shellcheck disable=SC2086 # words
begin_runs $small control/pass
other_lines=$work/other
# shellcheck disable=SC2086 # words
"$netswap" run --json --out "$runs" $small control/pass >"$other_lines" 2>>"$runs/progress.log" &
other=$!
check "one of two runs at the same time: PASS" ended 0 PASS
check "the other: PASS" wait "$other"
first=$(echo "$line" | member run_dir)
second=$(member run_dir <"$other_lines")
check "... each in a directory of its own" test "$first" != "$second" -a -d "$first" -a -d "$second"
tap_end
