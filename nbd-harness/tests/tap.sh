# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# TAP for shell tests.  Source it from the top of the source tree's point of view:
#
#	. "$(dirname "$0")/tap.sh"
#	check "what must hold" COMMAND...	one point; its output is shown when it fails
#	skip "what" "why"
#	tap_end					the plan, and the exit status
#
# Sets $work, a folder that goes away at the end, and $netswap, the program.

netswap=${NETSWAP:-build/netswap}
case $netswap in
/*) ;;
*) netswap=$PWD/$netswap ;;
esac
work=$(mktemp -d "${TMPDIR:-/tmp}/netswap-test.XXXXXX")
tap_points=0
tap_failed=0
trap 'rm -rf "$work"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

check() {
	tap_name=$1
	shift
	tap_points=$((tap_points + 1))
	if "$@" >"$work/.output" 2>&1; then
		echo "ok $tap_points $tap_name"
	else
		tap_failed=$((tap_failed + 1))
		echo "not ok $tap_points $tap_name"
		sed 's/^/# /' "$work/.output"
	fi
}

skip() {
	tap_points=$((tap_points + 1))
	echo "ok $tap_points $1 # SKIP $2"
}

tap_end() {
	echo "1..$tap_points"
	[ "$tap_failed" = 0 ]
}
