#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The test runner itself: planted failures, crashes, skips and leftovers must
# be counted, or a green check says nothing.
#
# usage: runner.sh (from the top of the source tree; RUNNER=PATH of run-tests)

# shellcheck disable=SC2317,SC2016 # called through check(); texts of other scripts
# shellcheck source-path=SCRIPTDIR
set -eu
. "$(dirname "$0")/tap.sh"

runner=$PWD/${RUNNER:-build/tests/run-tests}

# plant NAME LINE...: a test program of these shell lines.
plant() {
	file=$work/$1
	shift
	{
		echo '#!/bin/sh'
		printf '%s\n' "$@"
	} >"$file"
	chmod +x "$file"
}

# counts STATUS "LAST LINE" PROGRAM...: what the runner makes of planted programs.
counts() {
	want_status=$1
	want=$2
	shift 2
	programs=
	for name in "$@"; do
		programs="$programs $work/$name"
	done
	status=0
	# shellcheck disable=SC2086 # names without blanks
	"$runner" -l "$work/log" -t 2 $programs >"$work/out" 2>"$work/err" || status=$?
	cat "$work/out" "$work/err"
	[ "$status" = "$want_status" ] && [ "$(tail -n 1 "$work/out")" = "$want" ] &&
		[ "$(cat "$work/log/summary")" = "$want" ]
}

says() {
	cat "$work/out"
	grep -q -e "$1" "$work/out"
}

plant good 'echo 1..2' 'echo ok 1 a' 'echo ok 2 b'
plant plan-last 'echo ok 1 a' 'echo 1..1'
plant fails 'echo ok 1 a' 'echo not ok 2 b' 'echo "# because"' 'echo 1..2' 'exit 1'
plant crashes 'echo 1..3' 'echo ok 1 a' 'kill -SEGV $$'
plant stops 'echo 1..2' 'echo ok 1 a'
plant surplus 'echo 1..1' 'echo ok 1 a' 'echo ok 2 b'
plant bad-end 'echo 1..1' 'echo ok 1 a' 'echo leak >&2' 'exit 23'
plant no-plan 'echo ok 1 a'
plant silent ':'
plant skips-77 'echo no such device >&2' 'exit 77'
plant skips-all 'echo "1..0 # SKIP no such device"'
plant skips-one 'echo ok 1 a' 'echo "ok 2 b # SKIP no such device"' 'echo 1..2'
plant todo 'echo "not ok 1 a # TODO later"' 'echo 1..1'
plant hangs 'echo 1..1' 'exec sleep 60'
plant leaves 'echo 1..1' 'setsid sleep 61 & echo ok 1 a'
plant no-newline 'echo 1..1' 'echo ok 1 a' 'printf "not a line"'
: >"$work/not-executable"

check "good programs pass" counts 0 "3 passed, 0 failed, 0 skipped" good plan-last
check "a failed point is counted" counts 1 "3 passed, 1 failed, 0 skipped" fails good
check "... and shown with its diagnosis" says '# because'
check "a crash fails all points that never came" counts 1 "1 passed, 2 failed, 0 skipped" crashes
check "... and the signal is named" says 'killed by signal 11'
check "a missing point is a failure" counts 1 "1 passed, 1 failed, 0 skipped" stops
check "a point beyond the plan is a failure" counts 1 "2 passed, 1 failed, 0 skipped" surplus
check "a bad exit status after good points is a failure" counts 1 "1 passed, 1 failed, 0 skipped" bad-end
check "... and standard error is shown" says '| leak'
check "no plan is a failure" counts 1 "1 passed, 1 failed, 0 skipped" no-plan
check "no output is a failure" counts 1 "0 passed, 1 failed, 0 skipped" silent
check "exit status 77 skips" counts 0 "0 passed, 0 failed, 1 skipped" skips-77
check "... and its reason is shown" says 'no such device'
check "an empty plan skips" counts 0 "0 passed, 0 failed, 1 skipped" skips-all
check "a point can skip" counts 0 "1 passed, 0 failed, 1 skipped" skips-one
check "... and its reason is shown" says 'no such device'
check "a known defect is no failure" counts 0 "1 passed, 0 failed, 0 skipped" todo
check "a program that hangs is ended" counts 1 "0 passed, 1 failed, 0 skipped" hangs
check "... and that is said" says 'out of time'
check "a process left behind is a failure" counts 1 "1 passed, 1 failed, 0 skipped" leaves
check "... and named" says 'left behind: .*sleep'
check "a torn last line is harmless" counts 0 "1 passed, 0 failed, 0 skipped" no-newline
check "a program that cannot start is a failure" counts 1 "2 passed, 1 failed, 0 skipped" not-executable good
tap_end
