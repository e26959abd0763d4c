#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What is too long for make check: every scenario, each control three times,
# stock five times and fixed ten times, with seeds rising from one.
#
# Each run's line of `netswap run --json`, without its directory, goes to
# nbd-harness/results/check-full.jsonl, which is replaced when all are done.
#
# usage: vm/full.sh (from the top of the source tree; 41 min)

# shellcheck disable=SC2317 # the functions are called through check()
# shellcheck source-path=SCRIPTDIR
set -eu
. "$(dirname "$0")/../tap.sh"
. "$(dirname "$0")/vm.sh"

results=nbd-harness/results/check-full.jsonl
new=$PWD/build/tests/check-full.jsonl
: >"$new"

# campaign REPEAT SCENARIO: its runs' lines go to $new and to $lines, one point a run.
campaign() {
	lines=$work/$(echo "$2" | tr / -)
	begin_runs --repeat "$1" "$2"
	while next_run; do
		echo "$line" >>"$lines"
		echo "$line" | sed 's/"run_dir":"[^"]*",//' >>"$new"
		rm -f "$(echo "$line" | member run_dir)/vmcore.zst"
		check "$2 seed $(echo "$line" | member seed): $(echo "$line" | member verdict)" "$3" "$line"
	done
	wait "$harness" || true
	check "$2: $1 runs" test "$(wc -l <"$lines")" = "$1"
}

as_expected() {
	gave "$(echo "$1" | member expected)" "$1"
}

# For scenarios whose outcome is a finding.
judged() {
	case $(echo "$1" | member verdict) in
	INFRA | INCONCLUSIVE) gave PASS "$1" ;;
	esac
}

# At least $1 of the runs just made gave $2.
at_least() {
	count=$(grep -c "\"verdict\":\"$2\"" "$lines") || true
	echo "$count runs gave $2, wanted $1 or more"
	cat "$lines"
	[ "$count" -ge "$1" ]
}

# Runs of DEADLOCK in file $1 have one signature, and no run in file $2 has it.
one_signature_unlike() {
	signatures=$(grep '"verdict":"DEADLOCK"' "$1" | sed 's/.*"signature":"\([^"]*\)".*/\1/' | sort -u)
	echo "$signatures"
	[ "$(echo "$signatures" | wc -l)" = 1 ] && [ -n "$signatures" ] && ! grep -q -F "$signatures" "$2"
}

for scenario in $("$netswap" list --json scenarios | sed -n 's/.*"name":"\([^"]*\)".*/\1/p'); do
	case $scenario in
	control/*) campaign 3 "$scenario" as_expected ;;
	quickstart/stock)
		campaign 5 "$scenario" judged
		check "$scenario: at least 4 of 5 deadlock" at_least 4 DEADLOCK
		;;
	quickstart/fixed) campaign 10 "$scenario" as_expected ;;
	nbd/stock-* | nbd/debian-*) campaign 1 "$scenario" judged ;;
	*) campaign 1 "$scenario" as_expected ;;
	esac
done
check "stock's deadlocks are one bug, and not the planted one" one_signature_unlike \
	"$work/quickstart-stock" "$work/control-deadlock"
mkdir -p "$(dirname "$results")"
mv "$new" "$results"
tap_end
