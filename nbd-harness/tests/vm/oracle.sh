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
# usage: vm/oracle.sh (from the top of the source tree)

# shellcheck disable=SC2317 # the functions are called through check()
# shellcheck source-path=SCRIPTDIR
set -eu
. "$(dirname "$0")/../tap.sh"
. "$(dirname "$0")/vm.sh"

compare=$(dirname "$0")/../oracle/compare.py

if ! drgn --version >/dev/null 2>&1; then
	skip "what drgn reads from the same vmcore" "drgn is not installed (package python3-drgn)"
	tap_end
	exit
fi

# hang SCENARIO: sets $dir, with vmcore and snapshot; fails when the guest did not hang.
hang() {
	begin_runs "$1"
	next_run || line=
	wait "$harness" || true
	dir=$(echo "$line" | member run_dir)
	[ "$(echo "$line" | member verdict)" = DEADLOCK ] || return 1
	zstd -dqf "$dir/vmcore.zst" -o "$work/vmcore"
	tail -n 1 "$dir/snapshots.jsonl" >"$work/snapshot.json"
	vmlinux=$(member vmlinux <"$dir/run.json")
}

# same_as_drgn SNAPSHOT
same_as_drgn() {
	drgn -q -c "$work/vmcore" -s "$vmlinux" "$compare" --moved "$1"
}

owners_compared() {
	same_as_drgn "$work/snapshot.json" | grep ' [1-9][0-9]* owners'
}

# finds WHAT SED: the altered snapshot differs, and the difference names WHAT.
finds() {
	sed "$2" "$work/snapshot.json" >"$work/altered.json"
	! cmp -s "$work/snapshot.json" "$work/altered.json" || return 1
	! same_as_drgn "$work/altered.json" >"$work/differences" || return 1
	cat "$work/differences"
	grep -q "$1.*: netswap says" "$work/differences"
}

if hang control/deadlock; then
	check "control/deadlock: drgn agrees" same_as_drgn "$work/snapshot.json"
	check "control/deadlock: on the owners of locks, too" owners_compared
	check "control: a stack's function" finds "plant_a.*: stack" 's/"plant_a+/"plant_z+/'
	check "control: a lock's owner" finds "waits for" 's/"on_owner":"0x[0-9a-f]*"/"on_owner":"0xffff888000000000"/'
	check "control: a lock that is waited for" finds "plant_a.*: waits for" \
		's/\("comm":"plant_a"[^[]*"on_kind":\)1/\10/'
	check "control: a state" finds "plant_a.*: state" 's/\("comm":"plant_a","state":\)2/\11/'
	check "control: a name" finds "plant_b.*: comm" 's/"comm":"plant_b"/"comm":"plant_c"/'
	check "control: a task" finds "init: exists" 's/"task":"0x[0-9a-f]*","pid":1,/"task":"0x8","pid":1,/'
else
	check "control/deadlock: DEADLOCK" gave DEADLOCK "$line"
fi

# A real deadlock has longer stacks; whether this run meets one is a matter of chance.
if hang quickstart/stock; then
	check "quickstart/stock: drgn agrees" same_as_drgn "$work/snapshot.json"
else
	skip "quickstart/stock: drgn agrees" "no deadlock in this run"
fi
tap_end
