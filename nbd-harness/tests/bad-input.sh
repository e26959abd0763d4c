#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Wrong command lines and scenarios: one clear sentence that names the place,
# the thing and what to do, and exit status 2.  Nothing is started for them.
# (vm/bad-host.sh has what only a start can find.)
#
# usage: bad-input.sh (from the top of the source tree; NETSWAP=build/netswap)

# shellcheck disable=SC2317 # the functions are called through check()
# shellcheck source-path=SCRIPTDIR
set -eu
. "$(dirname "$0")/tap.sh"

# refused STATUS WORDS COMMAND...: it ends with STATUS; the one line it says has WORDS (basic regex).
refused() {
	want_status=$1
	words=$2
	shift 2
	status=0
	"$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
	echo "status $status, wanted $want_status; wanted words: $words"
	cat "$work/out" "$work/err"
	[ "$status" = "$want_status" ] && [ ! -s "$work/out" ] && grep -q -e "$words" "$work/err" &&
		[ "$(wc -l <"$work/err")" = 1 ]
}

# usage_error NAME WORDS ARGUMENT...: a wrong command line.
usage_error() {
	name=$1
	words=$2
	shift 2
	check "$name" refused 2 "$words" "$netswap" "$@"
}

# bad_scenario NAME WORDS LINE...: a scenario of these lines; @ in WORDS stands for its file.
bad_scenario() {
	name=$1
	words=$(echo "$2" | sed "s|@|$work/bad.scn|")
	shift 2
	printf '%s\n' "$@" >"$work/bad.scn"
	check "$name" refused 2 "$words" "$netswap" run --out "$work/runs" "$work/bad.scn"
}

# bad_set NAME WORDS SETTING: --set on a shipped scenario.
bad_set() {
	check "$1" refused 2 "$2" "$netswap" run --out "$work/runs" --set "$3" nbd/anon
}

usage_error "unknown command: the nearest is named" "no command rum; did you mean run?" rum
usage_error "unknown option" "[Uu]nknown option --jsn" run --jsn nbd/anon
usage_error "no scenario" "no scenario named.*netswap list scenarios" run
usage_error "unknown scenario: the nearest is named" "no scenario or file nbd/anom; did you mean nbd/anon?" \
	run nbd/anom
usage_error "missing scenario file" "$work/none.scn" run "$work/none.scn"
usage_error "an option's number is no number" "[Cc]annot parse.*x.*--repeat" run --repeat x nbd/anon
usage_error "--repeat 0" "from 1" run --repeat 0 nbd/anon
usage_error "--shell-on-failure with --jobs" "takes no --jobs" run --jobs 2 --shell-on-failure nbd/anon
usage_error "a mistake in the last scenario is found before the first one runs" "nbd/anom" \
	run control/pass nbd/anom
usage_error "unknown list: the nearest is named" "scenario.*did you mean scenarios?" list scenario
usage_error "report without a directory" "no run directory" report
usage_error "report of what is no run" "$work has no run.json: it is not the directory of a run" report "$work"
usage_error "report: --share of two runs" "one archive of one run" report --share "$work/a" "$work" "$work"
usage_error "report: --with-vmcore alone" "what --share puts" report --with-vmcore "$work"
usage_error "inspect: nothing named" "name one run directory, or a core" inspect
usage_error "inspect: what is no run" "$work has no run.json" inspect "$work"
usage_error "inspect: a vmlinux without a core" "of what kernel a --vmcore is" inspect --vmlinux "$work/v" \
	"$work"
usage_error "inspect: a core and a run" "no RUN" inspect --vmcore "$work/core" "$work"
usage_error "inspect: missing core" "cannot read $work/core: No such file" inspect --vmcore "$work/core"
usage_error "inspect: what is no core" "README.md is not an ELF core" inspect --vmcore README.md
usage_error "inspect: a program for a core" "but not a core" inspect --vmcore "$netswap"
usage_error "inspect: --live of a run that is over" "$work has no live.json" inspect --live "$work"
usage_error "inspect: --live of another process" "neither a run directory nor the process" inspect --live $$
usage_error "kernel: no action" "one action is needed: build" kernel
usage_error "kernel: unknown series" "fixx.*did you mean fix?" kernel path --series fixx
usage_error "kernel: --source without a tree" "$work/none" kernel path --source "$work/none"
usage_error "kernel: missing patch" "$work/none.patch" kernel path --patch "$work/none.patch"
usage_error "kernel: missing fragment" "$work/none.config" kernel path --config "$work/none.config"
usage_error "campaign: none named" "give one campaign" campaign
usage_error "campaign: no such file" "no campaign or file $work/none" campaign "$work/none"
usage_error "campaign: what is no campaign" "anon.scn:[0-9]*: a cell is NAME QUESTION" campaign nbd-harness/scenarios/nbd/anon.scn

bad_scenario "unknown key: line and nearest key" "@:2: unknown key machine.memroy; did you mean memory?" \
	'[machine]' 'memroy=128M' '[pressure main]' 'total=256M'
bad_scenario "unknown section" "@:1: unknown section \[machin\]; did you mean" '[machin]' 'memory=128M'
bad_scenario "a key of another section" "@:2: .*belongs to \[machine\]" '[kernel]' 'memory=128M'
bad_scenario "missing unit" "@:2: machine.memory=128 has no unit; write 128M" '[machine]' 'memory=128' \
	'[pressure main]' 'total=256M'
bad_scenario "wrong unit" "@:2: machine.memory=128s is not a size" '[machine]' 'memory=128s' \
	'[pressure main]' 'total=256M'
bad_scenario "a key given twice" "@:3: key machine.cpus is already at .*:2" '[machine]' 'cpus=2' 'cpus=2'
bad_scenario "a key before any section" "@:1: key memory stands before" 'memory=128M'
bad_scenario "no pressure" "@: no pressure" '[machine]' 'memory=128M'
bad_scenario "missing total" "@:1: .*total" '[pressure main]' 'passes=2'
bad_scenario "RAM below the floor" "@:2: machine.memory=64M.*96M" '[machine]' 'memory=64M' \
	'[pressure main]' 'total=256M'
bad_scenario "swap smaller than the pressure needs" "@:2: swap.size=64M is too small.*write swap.size=" \
	'[swap]' 'size=64M' '[pressure main]' 'total=256M'
bad_scenario "missing kernel image" "@:2: kernel.image=.*no such file" '[kernel]' 'image=none/bzImage' \
	'[pressure main]' 'total=256M'
bad_scenario "vmlinux without its image" "@:2: kernel.vmlinux" '[kernel]' 'vmlinux=bad.scn' \
	'[pressure main]' 'total=256M'
bad_scenario "two kernels at once" "@:3: .*exclude each other" '[kernel]' 'image=bad.scn' 'debian=6.12' \
	'[pressure main]' 'total=256M'
bad_scenario "a fault that is never healed" "@:3: .*for is missing" '[pressure main]' 'total=256M' \
	'[fault pause]' 'kind=vm-stop'
bad_scenario "a fault after the end" "@:5: .*never happen" '[pressure main]' 'total=256M' '[fault pause]' \
	'kind=server-stop' 'at=1h'
bad_scenario "EIO from a server that cannot" "@:4: .*needs swap.backend=nbdkit" '[pressure main]' \
	'total=256M' '[fault eio]' 'kind=swap-eio'
bad_scenario "a key of another transport" "@:3: swap.timeout needs transport=nbd, not nfs4" '[swap]' \
	'transport=nfs4' 'timeout=5s' '[link]' 'kind=pair' '[pressure main]' 'total=256M'
bad_scenario "a kernel's server without a VM of its own" "@:2: .*=nvme-tcp needs link.kind=pair" '[swap]' \
	'transport=nvme-tcp' '[pressure main]' 'total=256M'
bad_scenario "a missing fio job" "fio_job" '[pressure main]' 'workload=fio' 'total=256M' 'fio_job=none.fio'

bad_set "unknown backend: the known ones are named" "backend.*nbd-servr.*did you mean nbd-server?" \
	swap.backend=nbd-servr
bad_set "unknown transport: the known ones are named" "nvme-tcp; did you mean nfs4?" swap.transport=nsf4
bad_set "a server of other transports" "swap.backend=nfsd serves no NBD" swap.backend=nfsd
bad_set "unknown network card" "link.nic=virtio.*" link.nic=virtio
bad_set "unknown workload" "workload.*anom.*did you mean anon?" pressure.workload=anom
bad_set "unknown series: those that exist are named" "series.*fixx.*did you mean fix?" kernel.series=fixx
bad_set "a kernel version that is none" "kernel.version=six" kernel.version=six
bad_set "--set without =" "write it as --set SECTION.KEY=VALUE" machine.memory
bad_set "--set of an unknown key" "--set machine.memroy.*did you mean memory?" machine.memroy=1G
bad_set "--set of a missing section" "no section \[fault" fault.kind=qemu-kill
bad_set "delay on a server that cannot" "nbdkit" swap.delay=50ms

check "none of these made a run directory" test ! -e "$work/runs"
tap_end
