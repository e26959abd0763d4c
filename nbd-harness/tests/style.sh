#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Every C file is formatted by .clang-format, every shell script is clean to
# ShellCheck, every source file says its licence, and no table is older than
# the run records that it is made from.
#
# usage: style.sh (from the top of the source tree)

# shellcheck disable=SC2317 # the functions are called through check()
# shellcheck source-path=SCRIPTDIR
set -eu
. "$(dirname "$0")/tap.sh"

rooms="kernel-patches nbd-harness vm-images workloads scripts .ci"

# find_files EXPRESSION...: in the user's rooms, sorted.
find_files() {
	# shellcheck disable=SC2086 # a list of words
	find $rooms -type f "$@" | sort
}

shell_files() {
	find_files | while read -r file; do
		case $file in
		*.sh) [ ! -x "$file" ] || echo "$file" ;; # the others are sourced by those
		*.bash) echo "$file" ;;
		*.*) ;;
		*) head -n 1 "$file" | grep -a -q '^#!.*sh$' && echo "$file" ;;
		esac
	done || true
}

# One line a file, not the dozens that clang-format says.
formatted() {
	find_files -name "*.[ch]" | xargs clang-format --dry-run -Werror 2>"$work/format" && return
	sed -n "s/^\([^ :]*\):\([0-9]*\):.*error: .*/\1:\2/p" "$work/format" | sort -t : -u -k 1,1
	echo "make format puts this right"
	return 1
}

shell_is_clean() {
	shell_files | xargs shellcheck -x
}

licensed() {
	missing=$({
		find_files -name '*.[ch]' -o -name '*.scn' -o -name '*.[1-8]' -path '*/man/*'
		shell_files
		echo Makefile
	} | xargs grep -L 'SPDX-License-Identifier: GPL-2.0-only' || true)
	echo "$missing"
	[ -z "$missing" ]
}

check "C is formatted by .clang-format" formatted
check "shell is clean to shellcheck" shell_is_clean
check "every source file says its licence" licensed
check "the tables in the README are those of the run records" scripts/tables --check
tap_end
