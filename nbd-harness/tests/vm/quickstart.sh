#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The project's point: the stock kernel deadlocks, the fixed one passes under
# the same pressure.
#
# A deadlock of a real kernel is a matter of chance, so stock has three tries
# here; how many of how many is for make check-full to say.
#
# usage: vm/quickstart.sh (from the top of the source tree)

# shellcheck disable=SC2317 # the functions are called through check()
# shellcheck source-path=SCRIPTDIR
set -eu
. "$(dirname "$0")/../tap.sh"
. "$(dirname "$0")/vm.sh"

signature="napi(virtnet_poll) <- refill_work in reclaim"

same_bug() {
	echo "$line"
	[ "$(echo "$line" | member signature)" = "$signature" ]
}

for seed in 1 2 3; do
	begin_runs --seed "$seed" quickstart/stock
	next_run || line=
	wait "$harness" || true
	[ "$(echo "$line" | member verdict)" != DEADLOCK ] || break
done
dir=$(echo "$line" | member run_dir)
check "quickstart/stock: DEADLOCK (try $seed)" gave DEADLOCK "$line"
check "quickstart/stock: $signature" same_bug
check "quickstart/stock: a vmcore is there" has_vmcore "$dir"

begin_runs quickstart/fixed
next_run || line=
check "quickstart/fixed: PASS" gave PASS "$line"
wait "$harness" || true
tap_end
