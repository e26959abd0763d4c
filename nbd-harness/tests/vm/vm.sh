# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh disable=SC2154,SC2034 # shares variables with tap.sh and the tests
#
# What the VM tests share; sourced after tap.sh.  Run directories go to $runs,
# which is kept until the test's next run, without the large vmcores.

runs=$PWD/build/tests/runs/$(basename "$0" .sh)
rm -rf "$runs"
mkdir -p "$runs"

# member NAME: of the flat JSON object on standard input.
member() {
	sed -n 's/.*"'"$1"'" \{0,1\}: \{0,1\}"\{0,1\}\([^",}]*\).*/\1/p' | head -n 1
}

# gave VERDICT LINE: a line of `netswap run --json`; says what the report says when it differs,
# and what a server's kernel that crashed said.
gave() {
	[ "$(echo "$2" | member verdict)" = "$1" ] && return
	echo "${2:-no line}"
	gave_dir=$(echo "$2" | member run_dir)
	[ ! -f "$gave_dir/report.txt" ] || head -n 30 "$gave_dir/report.txt"
	[ ! -f "$gave_dir/peer.log" ] || grep -a -A 8 'BUG:\|Oops:' "$gave_dir/peer.log" | head -n 10
	return 1
}

# The record of a run that ended by itself is whole.
record_is_whole() {
	for file in run.json scenario.scn qemu.cmd console.log samples.jsonl events.jsonl snapshots.jsonl \
		verdict.json report.txt report.json report.html; do
		[ -s "$1/$file" ] || [ "$file" = snapshots.jsonl ] || {
			echo "$1/$file is missing or empty"
			return 1
		}
	done
	grep -q '"netswap" : "[0-9.]* ([^ ()]\+)"' "$1/run.json" || {
		echo "$1/run.json does not say which netswap made it"
		return 1
	}
}

# A vmcore stands beside a bad verdict; removed once seen, it is as large as the guest's RAM.
has_vmcore() {
	[ "$(zstd -dcq "$1/vmcore.zst" | head -c 4 | tail -c 3)" = ELF ] && rm "$1/vmcore.zst"
}

# begin_runs ARGUMENT...: netswap run in the background; $harness is its pid.  Its lines are read
# with next_run, which sets $line and fails after the last.
begin_runs() {
	rm -f "$work/lines"
	mkfifo "$work/lines"
	"$netswap" run --json --out "$runs" "$@" >"$work/lines" 2>>"$runs/progress.log" &
	harness=$!
	exec 4<"$work/lines"
}

next_run() {
	read -r line <&4
}

# wait_for SECONDS COMMAND...: until it succeeds.
wait_for() {
	tries=$(($1 * 10))
	shift
	until "$@"; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		sleep 0.1
	done
}
