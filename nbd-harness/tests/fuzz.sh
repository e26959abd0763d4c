#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Each fuzz target for FUZZ_SECONDS, from its seed corpus and what earlier runs
# found (make builds them before).  fuzz_guest damages the memory of a real
# guest, which vm/oracle.sh has.
#
# usage: fuzz.sh (from the top of the source tree)
# shellcheck source-path=SCRIPTDIR
set -eu
. "$(dirname "$0")/tap.sh"

for source in "$(dirname "$0")"/fuzz/fuzz_*.c; do
	target=${source##*/fuzz_}
	target=${target%.c}
	[ "$target" != guest ] || continue
	check "fuzz $target" make -s "fuzz-$target" "FUZZ_SECONDS=${FUZZ_SECONDS:-15}"
done
tap_end
