#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A campaign of two questions on a real VM: they are answered, the answer is in
# the table, and what is answered is not asked again, nor lost with the process.
#
# usage: vm/campaign.sh (from the top of the source tree)

# shellcheck disable=SC2317 # the functions are called through check()
# shellcheck source-path=SCRIPTDIR
set -eu
. "$(dirname "$0")/../tap.sh"
. "$(dirname "$0")/vm.sh"

plan=$work/two.campaign
records=$work/records.jsonl
cat >"$plan" <<'END'
# What a campaign is for, in small
whole  0/1  PASS  control/pass
plant  1/1  hang  control/deadlock
END

campaign() {
	"$netswap" campaign --out "$runs" --records "$records" "$@" "$plan" >"$work/out" 2>"$work/err"
}

# Killed as soon as the first run is recorded, whatever it does then.
killed_after_one() {
	"$netswap" campaign --out "$runs" --records "$records" "$plan" >/dev/null 2>&1 &
	harness=$!
	wait_for 120 test -s "$records"
	kill -KILL $harness
	wait $harness || true
	[ "$(wc -l <"$records")" = 1 ]
}

answered() {
	campaign
	cat "$work/out"
	[ "$(wc -l <"$records")" = 2 ] &&
		grep '^| plant | control/deadlock | hang | DEADLOCK 1 | 1 of 1 | 0 of 1 | \*\*noticed\*\* |' "$work/out" &&
		grep '^Noticed: 1 of 1' "$work/out"
}

asks_nothing() {
	cp "$records" "$work/before"
	campaign
	cmp "$records" "$work/before"
}

# Another question: the old answer is kept, and is none to it.
asks_anew() {
	sed -i 's,control/pass,& swap.size=600M,' "$plan"
	campaign --only whole
	[ "$(wc -l <"$records")" = 3 ] && ! cmp -s "$records" "$work/before"
}

small_and_without_paths() {
	awk 'length > 2048 { exit 1 }' "$records" && ! grep -F "$runs" "$records"
}

check "killed after its first run" killed_after_one
check "begun again, it goes on to the answer" answered
check "begun again, it asks nothing" asks_nothing
check "another setting is another question" asks_anew
check "records are small, and name no folder" small_and_without_paths
tap_end
