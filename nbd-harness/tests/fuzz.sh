#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Each fuzz target for FUZZ_SECONDS, from its seed corpus and what earlier runs
# found (make builds them before).  fuzz_guest damages the memory of a real
# guest, which vm/oracle.sh has.
#
# usage: fuzz.sh (from the top of the source tree)
# shellcheck source-path=SCRIPTDIR
# shellcheck disable=SC2317 # called through check()
set -eu
. "$(dirname "$0")/tap.sh"
fuzz=$(dirname "$0")/fuzz

# shows FIRST-BYTE WHAT: the finding that such an input makes is reported in few
# lines, with what it is, where it was, and the input, which libFuzzer itself
# does not show when it is so long.
shows() {
	mkdir -p "$work/seeds"
	printf '%s%0300d' "$1" 0 >"$work/seeds/input"
	! UBSAN_OPTIONS=print_stacktrace=1 "$work/plant" -timeout=1 -artifact_prefix="$work/" \
		"$work/seeds" >"$work/log" 2>&1 || return 1
	"$fuzz/finding.sh" "$work/log" >"$work/shown"
	cat "$work/shown"
	[ "$(wc -l <"$work/shown")" -le 60 ] &&
		grep -q "$2" "$work/shown" &&
		grep -q 'planted.*plant.c' "$work/shown" &&
		sed '1,/^base64/d' "$work/shown" | base64 -d | cmp - "$work/seeds/input"
}

clang -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined -o "$work/plant" "$fuzz/plant.c"
check "an abort is reported" shows a 'deadly signal'
check "... a byte beyond the end" shows b 'heap-buffer-overflow'
check "... a leak" shows l 'detected memory leaks'
check "... an overflow of a number" shows o 'signed integer overflow'
check "... a recursion without end" shows r 'stack-overflow'
check "... a loop without end" shows t 'timeout after'

for source in "$fuzz"/fuzz_*.c; do
	target=${source##*/fuzz_}
	target=${target%.c}
	[ "$target" != guest ] || continue
	check "fuzz $target" make -s "fuzz-$target" "FUZZ_SECONDS=${FUZZ_SECONDS:-15}"
done
tap_end
