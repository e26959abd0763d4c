#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# One control for each verdict: planted or provoked, each must be called by its
# name, and leave a whole record behind.
#
# usage: vm/controls.sh (from the top of the source tree)

# shellcheck disable=SC2317 # the functions are called through check()
# shellcheck source-path=SCRIPTDIR
set -eu
. "$(dirname "$0")/../tap.sh"
. "$(dirname "$0")/vm.sh"

controls="pass deadlock livelock flipped-bit eio oom panic killed-qemu idle starved"

convicted_in_time() {
	after=$(echo "$line" | member detected_after_s)
	echo "detected after $after s of fair time"
	[ "${after%.*}" -lt 10 ]
}

knot_is_the_plant() {
	signature=$(echo "$line" | member signature)
	echo "signature: $signature"
	case $signature in
	*plant_mutex_a*plant_mutex_b*) grep -q '"evidence"' "$dir/verdict.json" ;;
	*) false ;;
	esac
}

# shellcheck disable=SC2046,SC2086 # words on purpose
begin_runs $(printf 'control/%s ' $controls)
for control in $controls; do
	next_run || line=
	want=$(sed -n 's/^verdict=//p' "$(dirname "$0")/../../scenarios/control/$control.scn")
	dir=$(echo "$line" | member run_dir)
	check "control/$control: $want" gave "$want" "$line"
	check "control/$control: the record is whole" record_is_whole "$dir"
	case $control in
	deadlock)
		check "control/deadlock: the knot is the planted one" knot_is_the_plant
		check "control/deadlock: convicted within 10 s" convicted_in_time
		check "control/deadlock: a vmcore is there" has_vmcore "$dir"
		;;
	livelock | flipped-bit | eio | oom | panic | starved)
		check "control/$control: a vmcore is there" has_vmcore "$dir"
		;;
	esac
done
check "netswap run ends with status 0: all as expected" wait "$harness"
tap_end
