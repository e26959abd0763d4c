#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The kernels that the VM tests run: built from Debian's source if the cache
# has not got them, and found in it the second time.
#
# usage: vm/kernels.sh (from the top of the source tree)

# shellcheck disable=SC2317 # the functions are called through check()
# shellcheck source-path=SCRIPTDIR
set -eu
. "$(dirname "$0")/../tap.sh"

# build SERIES: its progress goes where the runner shows it.
build() {
	if [ -e /proc/self/fd/3 ]; then
		"$netswap" kernel build --json --series "$1" 2>&3
	else
		"$netswap" kernel build --json --series "$1"
	fi
}

complete() {
	build "$1" >"$work/built"
	cat "$work/built"
	for member in image vmlinux config; do
		file=$(sed -n 's/.*"'$member'":"\([^"]*\)".*/\1/p' "$work/built")
		[ -s "$file" ] || return 1
	done
}

cached() {
	"$netswap" kernel build --json --quiet --series "$1" >"$work/again"
	cat "$work/again"
	grep -q '"built":false' "$work/again"
}

for series in "" fix fix,plant; do
	check "the kernel with ${series:-no} series is there" complete "$series"
	check "... and comes from the cache now" cached "$series"
done
tap_end
