#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The manuals against the program, in TAP: every command, option, key, default
# and table entry stands in both or in neither, and mandoc finds no fault.
#
# usage: man.sh (from the top of the source tree; NETSWAP=build/netswap)

# shellcheck disable=SC2317 # the functions are called through check()
# shellcheck source-path=SCRIPTDIR
set -eu

. "$(dirname "$0")/tap.sh"

man=$(dirname "$0")/../man

version() {
	"$netswap" --version | grep '^netswap [0-9.]* ([^ ()]\+)$'
}

# The items of subsection $2 of manual $1, one a line.
items() {
	awk -v want="$2" '
		/^\.S[sh] / { here = substr($0, 5) == want }
		here && /^\.It (Cm|Fl) / { print $3 }' "$man/$1" | sed 's/^-/--/' | sort
}

same() {
	diff -u --label manual --label program "$work/manual" "$work/program"
}

# "kernel.version=6.12", "kernel.debian": how `netswap list keys` shows them.
manual_keys() {
	awk '
		function done() { if (key != "") print section "." key value; key = value = "" }
		/^\.S[sh] / { done(); section = ""; if ($2 ~ /^\[/) section = $2; gsub(/[][]/, "", section) }
		section != "" && /^\.It Cm / { done(); key = $3 }
		section != "" && /^\.Pq default: / { value = "=" ($3 == "empty" ? "" : $3) }
		END { done() }' "$man/netswap-scenario.5" | sort
}

table() {
	items netswap-scenario.5 "$1" >"$work/manual"
	"$netswap" list "$2" | sed 's/ .*//' | sort >"$work/program"
	same
}

keys() {
	manual_keys >"$work/manual"
	"$netswap" list keys | sed 's/ .*//' | sort >"$work/program"
	same
}

commands() {
	items netswap.1 COMMANDS >"$work/manual"
	"$netswap" help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' | sort >"$work/program"
	same
}

options() {
	items netswap.1 "netswap $1" >"$work/manual"
	"$netswap" help "$1" | sed -n 's/^  \(-., \)\{0,1\}\(--[a-z-]*\).*/\2/p' |
		grep -v -x -e --help | sort >"$work/program" || true
	same
}

lists() {
	"$netswap" help list | sed -n 's/^WHAT is one of //p' | tr ' ' '\n' | sort >"$work/program"
	# The sentence "... is one of A, B and C." of the manual.
	awk '/^\.Ss netswap list/ { here = 1 } here && /^is one of/ { on = 1 } on { print } on && /\.$/ { exit }' \
		"$man/netswap.1" | sed 's/is one of//; s/ and / /; s/[.,]/ /g' | tr -s ' ' '\n' |
		sed '/^$/d' | sort >"$work/manual"
	same
}

for page in "$man"/*.[1-8]; do
	check "mandoc finds no fault in $(basename "$page")" mandoc -T lint -W warning "$page"
done
check "commands" commands
check "the version, with the revision of the source" version
for command in $("$netswap" help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
	[ "$command" = help ] || check "options of netswap $command" options "$command"
done
check "lists" lists
check "keys and their defaults" keys
check "accelerators" table Accelerators accelerators
check "transports" table Transports transports
check "backends" table Backends backends
check "network cards" table "Network cards" nics
check "workloads" table Workloads workloads
check "orders" table Orders orders
check "faults" table Faults faults
check "verdicts" table Verdicts verdicts
tap_end
