#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# One deadlock, looked at in every way: the running guest, the record, the core
# (compressed, plain, cut short), and a vmlinux that is not its own.
#
# usage: vm/inspect.sh (from the top of the source tree)

# shellcheck disable=SC2317 # the functions are called through check()
# shellcheck source-path=SCRIPTDIR
set -eu
. "$(dirname "$0")/../tap.sh"
. "$(dirname "$0")/vm.sh"

OPENED_S=60 # from the run's begin until its guest can be read, on a slow host

guest_is_opened() {
	dir=$(echo "$runs"/control-deadlock-*)
	[ -f "$dir/live.json" ]
}

shows_init() {
	"$netswap" inspect --live --task 1 "$1" >"$work/task" && cat "$work/task" &&
		grep -q '^  init:1 ' "$work/task" && grep -q 'schedule+0x' "$work/task"
}

# signature_is WANTED ARGUMENT...: what inspect says with these arguments.
signature_is() {
	wanted=$1
	shift
	"$netswap" inspect --json "$@" >"$work/json" || return 1
	signature=$(member signature <"$work/json")
	echo "signature: $signature, wanted: $wanted"
	[ "$signature" = "$wanted" ]
}

explains() {
	"$netswap" inspect "$@" >"$work/text" || return 1
	cat "$work/text"
	grep -q '^Known .*control-two-mutexes' "$work/text" && grep -q 'plant_b' "$work/text" &&
		grep -q 'mutex_lock+0x' "$work/text"
}

no_report_yet() {
	! "$netswap" report "$dir" 2>"$work/err" || return 1
	cat "$work/err"
	grep -q "is under way" "$work/err" && [ ! -e "$dir/verdict.json" ]
}

first_snapshot() {
	"$netswap" inspect --snapshot 1 "$dir" >"$work/text" && head -n 1 "$work/text" &&
		grep -q '^Source .*, snapshot 1 of ' "$work/text"
}

# Its kernel, image and run directory are named in the record by their paths.
shared() {
	"$netswap" report --share "$work/shared.tar.zst" "$dir" &&
		tar -xf "$work/shared.tar.zst" -C "$work" || return 1
	copy=$work/$(basename "$dir")
	ls "$copy"
	[ ! -e "$copy/vmcore.zst" ] && [ -s "$copy/report.html" ] &&
		! grep -r -F -e "$PWD" -e "$(dirname "$vmlinux")" "$copy"
}

# refuses WORDS ARGUMENT...: inspect ends with a bad status and says WORDS in one line.
refuses() {
	words=$1
	shift
	! "$netswap" inspect "$@" >"$work/out" 2>"$work/err" || return 1
	cat "$work/out" "$work/err"
	[ ! -s "$work/out" ] && [ "$(wc -l <"$work/err")" = 1 ] && grep -q -e "$words" "$work/err"
}

begin_runs control/deadlock
wait_for "$OPENED_S" guest_is_opened || echo "# no guest opened within $OPENED_S s"
check "--live DIR shows a task of the running guest, with its stack" shows_init "$dir"
check "--live PID as well" shows_init "$(member pid <"$dir/live.json")"
check "its report is not written from outside meanwhile" no_report_yet
next_run || line=
check "the run ends as it would have, unobserved by others" gave DEADLOCK "$line"
check "a run that is over is not live" refuses "its run is over" --live "$dir"

known=$(echo "$line" | member signature)
vmlinux=$(member vmlinux <"$dir/run.json")
other=$(dirname "$("$netswap" kernel path --series fix)")/vmlinux
core=$dir/vmcore.zst
check "the record shows the knot, known, with stacks" explains "$dir"
check "its signature is the verdict's" signature_is "$known" "$dir"
check "its first snapshot can be had" first_snapshot
check "a snapshot that it has not" refuses "has no snapshot 99: it has" --snapshot 99 "$dir"
check "a task that it has not" refuses "has no task 99999" --task 99999 "$dir"
check "the core shows the knot, known, with stacks" explains --vmcore "$core" --vmlinux "$vmlinux"
check "its signature is the same" signature_is "$known" --vmcore "$core" --vmlinux "$vmlinux"
check "... without the vmlinux, too" signature_is "$known" --vmcore "$core"
check "another kernel's vmlinux is refused" refuses "give the vmlinux of the same build" \
	--vmcore "$core" --vmlinux "$other"
check "what is shared has no vmcore and no path of this host" shared
check "the knot can be seen in it" signature_is "$known" "$work/$(basename "$dir")"
head -c 1000000 "$core" >"$work/cut.zst"
check "a compressed core that is cut short" refuses "cut.zst is damaged or cut short" \
	--vmcore "$work/cut.zst" --vmlinux "$vmlinux"
zstd -dq --rm "$core" -o "$work/core"
check "a plain core" signature_is "$known" --vmcore "$work/core" --vmlinux "$vmlinux"
truncate -s -1 "$work/core"
check "a plain core that is cut short" refuses "core is cut short: its headers speak of" \
	--vmcore "$work/core" --vmlinux "$vmlinux"
check "netswap run ends with status 0: all as expected" wait "$harness"
tap_end
