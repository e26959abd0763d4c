#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Stacks of every task on kernels that are not ours: Debian's 6.12 and 6.1, with
# modules and KASLR, unwound by the ORC tables in their memory.  A stopped swap
# server makes the guest stand still, so that it can be read while it runs.  Not
# on virtio-net: there it may deadlock before.
#
# Each stack of a sleeping task must be known to its end: where its thread
# began, or where it entered the kernel.
#
# usage: vm/stacks.sh (from the top of the source tree)

# shellcheck disable=SC2317 # the functions are called through check()
# shellcheck source-path=SCRIPTDIR
set -eu
. "$(dirname "$0")/../tap.sh"
. "$(dirname "$0")/vm.sh"

SETTLED_S=90 # from the run's begin, on a slow host

# Starved, or over for another reason.
is_settled() {
	# The latest: a boot that the emulator spoilt is begun again.
	for dir in "$runs"/starved-"$version"-*; do :; done
	grep -sv stale-int3 "$dir/events.jsonl" |
		grep -q -e '"STARVED","detail":"no progress' -e '"evidence"'
}

# starve VERSION: reads the tasks of a guest that waits into $work/live; sets $line.
starve() {
	cat >"$work/starved-$1.scn" <<-END
		[kernel]
		debian=$1
		[machine]
		memory=256M
		[swap]
		size=1G
		[link]
		nic=e1000e
		[pressure main]
		workload=anon
		processes=4
		total=512M
		passes=3
		[fault stop]
		kind=server-stop
		at=5s
		after_swap_out=16M
		[expect]
		verdict=STARVED
		deadline=30s
	END
	begin_runs "$work/starved-$1.scn"
	wait_for "$SETTLED_S" is_settled || echo "# neither starved nor over within $SETTLED_S s"
	"$netswap" inspect --live --json "$dir" >"$work/live" || true
	next_run || line=
	wait "$harness" || true
}

# A line for each task but those that run.
sleepers() {
	tr -d '\n' <"$work/live" | sed 's/ *\([]{}:,[]\) */\1/g; s/{"task":"0x/\n&/g' |
		grep '^{"task":"0x' | grep -v '"on_cpu":true'
}

no_guesses() {
	sleepers >/dev/null && ! sleepers | grep '"? '
}

# Says how many there were.
all_end() {
	! sleepers | grep -v '"\(ret_from_fork\|entry_SYSCALL\|asm_\)[^"]*"\]' || return 1
	sleepers | wc -l | grep '[1-9][0-9]'
}

# Modules have tables of their own: nbd's worker waits for replies.
modules_too() {
	sleepers | grep '"recv_work+.*"process_one_work+.*"kthread+'
}

for version in 6.12 6.1; do
	starve "$version"
	check "Debian $version: STARVED" gave STARVED "$line"
	check "Debian $version: no frame of a sleeper is guessed" no_guesses
	check "Debian $version: every sleeper's stack ends where it should" all_end
	check "Debian $version: through modules" modules_too
done
tap_end
