#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What we read from a wedged guest against what drgn reads from the vmcore of
# the same guest (../oracle/compare.py says what is compared, and how the two
# differ in method).  The VM stays wedged between the last snapshot and the
# vmcore, so that nearly every task can be compared; those that moved are not.
#
# Controls: one altered name, state, lock owner, stack or task list must be
# found, or the comparison compares nothing.
#
# The same vmcores are then damaged in thousands of ways and read by our
# readers (../fuzz/fuzz_guest.c), for FUZZ_SECONDS each.
#
# usage: vm/oracle.sh (from the top of the source tree)

# shellcheck disable=SC2317 # the functions are called through check()
# shellcheck source-path=SCRIPTDIR
set -eu
. "$(dirname "$0")/../tap.sh"
. "$(dirname "$0")/vm.sh"

oracle=$(dirname "$0")/../oracle

drgn --version >/dev/null 2>&1 || no_drgn="drgn is not installed (package python3-drgn)"

# with_drgn WHAT COMMAND...
with_drgn() {
	if [ "${no_drgn:-}" ]; then
		skip "$1" "$no_drgn"
	else
		check "$@"
	fi
}

# hang SCENARIO VERDICT: sets $dir, with vmcore and snapshot; fails when the guest did not hang so.
hang() {
	begin_runs "$1"
	next_run || line=
	wait "$harness" || true
	dir=$(echo "$line" | member run_dir)
	[ "$(echo "$line" | member verdict)" = "$2" ] || return 1
	zstd -dqf --rm "$dir/vmcore.zst" -o "$work/vmcore"
	tail -n 1 "$dir/snapshots.jsonl" >"$work/snapshot.json"
	vmlinux=$(member vmlinux <"$dir/run.json")
	"$netswap" inspect --json --vmcore "$work/vmcore" --vmlinux "$vmlinux" >"$work/inspect.json"
}

# same_as_drgn SCRIPT ARGUMENT...; what differs is shown by check().
same_as_drgn() {
	script=$oracle/$1.py
	shift
	drgn -q -c "$work/vmcore" -s "$vmlinux" "$script" "$@" >"$work/drgn" && return
	grep -v '"same": true' "$work/drgn"
	return 1
}

# agrees SCENARIO: what the run recorded before it went on for a moment, and the vmcore itself.
agrees() {
	with_drgn "$1: drgn agrees on tasks, states, stacks, locks, owners" same_as_drgn compare \
		--moved "$work/snapshot.json"
	with_drgn "$1: ... in the vmcore, too" same_as_drgn compare "$work/inspect.json"
	with_drgn "$1: drgn agrees on tags, requests, sockets, works, folios, reclaim" \
		same_as_drgn views --moved "$work/snapshot.json"
	with_drgn "$1: ... in the vmcore, too" same_as_drgn views "$work/inspect.json"
}

# compared WHAT: at least one of them was.
compared() {
	same_as_drgn compare "$work/inspect.json"
	grep " [1-9][0-9]* $1" "$work/drgn"
}

# finds WHAT SED: the altered snapshot differs, and the difference names WHAT.
finds() {
	sed "$2" "$work/snapshot.json" >"$work/altered.json"
	! cmp -s "$work/snapshot.json" "$work/altered.json" || return 1
	differs "$1" --moved "$work/altered.json"
}

# differs WHAT ARGUMENT...: the comparison finds a difference and names WHAT.
differs() {
	what=$1
	shift
	! same_as_drgn compare "$@" || return 1
	grep "$what.*: netswap says" "$work/drgn"
}

survives_damage() {
	NETSWAP_FUZZ_VMCORE=$work/vmcore NETSWAP_FUZZ_VMLINUX=$vmlinux \
		make -s fuzz-guest "FUZZ_SECONDS=${FUZZ_SECONDS:-15}"
}

if hang control/deadlock DEADLOCK; then
	agrees control/deadlock
	with_drgn "control/deadlock: owners of locks were among it" compared owners
	with_drgn "control: a stack's function" finds "plant_a.*: stack" 's/"plant_a+/"plant_z+/'
	with_drgn "control: a lock's owner" finds "waits for" 's/"on_owner":"0x[0-9a-f]*"/"on_owner":"0x8"/'
	with_drgn "control: a lock that is waited for" finds "plant_a.*: waits for" \
		's/\("comm":"plant_a"[^[]*"on_kind":\)"mutex"/\1"rwsem"/'
	with_drgn "control: a state" finds "plant_a.*: state" 's/\("comm":"plant_a","state":\)2/\11/'
	with_drgn "control: a name" finds "plant_b.*: comm" 's/"comm":"plant_b"/"comm":"plant_c"/'
	with_drgn "control: a task" finds "init: exists" 's/"task":"0x[0-9a-f]*","pid":1,/"task":"0x8","pid":1,/'
	check "control/deadlock: damaged, it neither crashes nor hangs the readers" survives_damage
else
	check "control/deadlock: DEADLOCK" gave DEADLOCK "$line"
fi

# Requests that were never issued, held on a list: followed the other way round.
if hang plant/tags DEADLOCK; then
	agrees plant/tags
	with_drgn "plant/tags: who holds requests was among it" grep 'requests of .* held' "$work/drgn"
else
	check "plant/tags: DEADLOCK" gave DEADLOCK "$line"
fi

# Tasks that run, unwound from the registers that the vmcore has.  A spinner may have been stopped
# in a timer's interrupt, beyond which drgn does not follow: so the control alters each frame of each
# task that runs, not only the function that spins.
if hang control/livelock LIVELOCK; then
	with_drgn "control/livelock: drgn agrees on stacks of running tasks" compared 'tasks ran'
	sed '/"on_cpu" : true/,/]/s/+0x/_altered+0x/' "$work/inspect.json" >"$work/altered.json"
	with_drgn "control: a running task's function" differs ": stack" "$work/altered.json"
else
	check "control/livelock: LIVELOCK" gave LIVELOCK "$line"
fi

# A real deadlock has longer stacks; whether this run meets one is a matter of chance.
if hang quickstart/stock DEADLOCK; then
	agrees quickstart/stock
	check "quickstart/stock: damaged, it neither crashes nor hangs the readers" survives_damage
else
	skip "quickstart/stock" "no deadlock in this run"
fi
tap_end
