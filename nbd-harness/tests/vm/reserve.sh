#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A kernel that counts who lives on its reserve: the observer reads from outside
# what the guest's own debugfs says, and a run passes with it and keeps record.
#
# A shell session is no run, and nobody observes it: its guest is given to
# `netswap inspect --live` by a live.json of this test's own.
#
# usage: vm/reserve.sh (from the top of the source tree; 4 min, and a kernel)
#	 KERNEL=6.1 vm/reserve.sh

# shellcheck disable=SC2317 # the functions are called through check()
# shellcheck source-path=SCRIPTDIR
set -eu
. "$(dirname "$0")/../tap.sh"
. "$(dirname "$0")/vm.sh"

PROMPT_S=120 # from the start to a prompt, on a slow host
PRESSED_S=300
KERNEL=${KERNEL:-6.12}
SERIES=fix,instrument
RESERVE=/sys/kernel/debug/netswap/reserve

# shown TEXT: on the console.
shown() {
	grep -q -e "$1" "$work/shown"
}

# enter COMMAND: in the guest; $asked counts, so that the end of each is its own, and no echo's.
asked=0
enter() {
	asked=$((asked + 1))
	printf '%s; echo "en""ded" %s\n' "$1" "$asked" >&5
}

# Lines "name value" that the guest printed since command $1, without the echo.
printed_since() {
	tr -d '\r' <"$work/shown" | sed -n "/^ended $1/,\$s/^\([a-z][A-Za-z0-9_]* [0-9]*\)\$/\1/p" |
		grep -v '^ended' | sort
}

guest_says() {
	enter "cat $RESERVE"
	wait_for 60 shown "^ended $asked" && printed_since $((asked - 1)) >"$1" && [ -s "$1" ]
}

# fd NAME: of the session's memfd.
fd() {
	for link in /proc/"$session"/fd/*; do
		case $(readlink "$link") in
		"/memfd:netswap-$1 "*) echo "${link##*/}" ;;
		esac
	done
}

observer_says() {
	mkdir -p "$work/live"
	cat >"$work/live/live.json" <<-END
		{ "pid": $session, "ram_fd": $(fd ram), "board_fd": $(fd board), "memory_bytes": 134217728,
		  "cpus": 2, "vmlinux": "$vmlinux" }
	END
	"$netswap" inspect --live --json "$work/live" >"$work/json" || return 1
	# The record leaves out what is 0.
	tr -d ' \n' <"$work/json" | sed 's/.*"zones":\[/{/' | tr '{' '\n' |
		sed -n 's/^"name":"\([a-z_]*\)","count":\([0-9]*\)}.*/\1 \2/p
			s/^"name":"\([a-z_]*\)"}.*/\1 0/p
			s/^"name":"\([A-Za-z0-9]*\)".*"lowest_pages":\([0-9]*\)}.*/lowest_free_\1 \2/p' |
		sort >"$1"
}

# What happens meanwhile would be a difference that is none: the guest is asked before and after.
says_the_same() {
	for _ in 1 2 3 4 5; do
		guest_says "$work/before" && observer_says "$work/observed" &&
			guest_says "$work/after" || return 1
		! cmp -s "$work/before" "$work/after" || break
	done
	diff "$work/before" "$work/observed"
}

# value NAME: as the guest said last.
value() {
	sed -n "s/^$1 //p" "$work/after"
}

some_pages_were_taken() {
	cat "$work/after"
	[ $(($(value pages_pf_memalloc) + $(value pages_gfp_memalloc) + $(value pages_atomic))) -gt 0 ]
}

rights_and_contexts_agree() {
	by_right=0
	by_context=0
	for name in pf_memalloc gfp_memalloc oom atomic high no_right; do
		by_right=$((by_right + $(value pages_$name)))
	done
	for name in kswapd reclaim softirq hardirq task; do
		by_context=$((by_context + $(value pages_$name)))
	done
	echo "by right $by_right, by context $by_context"
	[ "$by_right" = "$by_context" ]
}

forgets_the_lowest() {
	enter "echo 0 >$RESERVE"
	guest_says "$work/after" && cat "$work/after" && ! grep -q lowest_free "$work/after"
}

refuses_other_numbers() {
	enter "echo 1 >$RESERVE || echo re\"\"fused"
	wait_for 20 shown '^refused'
}

keeps_the_counts() {
	"$netswap" run --out "$work/runs" --set kernel.version="$KERNEL" --set kernel.series=$SERIES \
		nbd/anon &&
		cat "$work"/runs/*/reserve.json && grep -q '"pages_atomic" : [1-9]' "$work"/runs/*/reserve.json
}

mkfifo "$work/keys"
vmlinux=$(dirname "$("$netswap" kernel path --version "$KERNEL" --series $SERIES)")/vmlinux
"$netswap" shell --set kernel.version="$KERNEL" --set kernel.series=$SERIES \
	--set machine.sysctl.vm.watermark_boost_factor=0 nbd/anon \
	<"$work/keys" >"$work/shown" 2>"$work/said" &
session=$!
exec 5>"$work/keys"
check "a guest of $KERNEL with $SERIES has a shell" wait_for "$PROMPT_S" shown '/ # '
enter "/bin/workload anon total_bytes=201326592 passes=2 seed=1"
check "it was pressed" wait_for "$PRESSED_S" shown "^ended $asked"
check "the observer reads what debugfs says" says_the_same
check "pages were taken below min" some_pages_were_taken
check "as many by right as by context" rights_and_contexts_agree
check "a 0 written forgets the lowest free counts" forgets_the_lowest
check "... and the observer sees that" says_the_same
check "another number is refused" refuses_other_numbers
printf '\035' >&5
exec 5>&-
check "the session ends well" wait "$session"
check "a run passes, and keeps the counts" keeps_the_counts
tap_end
