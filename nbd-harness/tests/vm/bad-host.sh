#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Hosts that cannot run a machine, and kernels that are not what was said: one
# clear message, exit status 125, and what was recorded stays.
#
# usage: vm/bad-host.sh (from the top of the source tree; some points need root)

# shellcheck disable=SC2317 # the functions are called through check()
# shellcheck source-path=SCRIPTDIR
set -eu
TMPDIR=/var/tmp # not /tmp, which is another one inside a pod
. "$(dirname "$0")/../tap.sh"
. "$(dirname "$0")/vm.sh"

# All programs of the host, as links, but @1.
path_without() {
	farm=$work/without-$1
	mkdir -p "$farm"
	for folder in /bin /sbin /usr/bin /usr/sbin; do
		ln -sf -t "$farm" "$folder"/*
	done
	rm -f "$farm/$1"
	echo "$farm"
}

# fails WORDS COMMAND...: exit status 125, and WORDS (basic regex) among what it says or records.
fails() {
	words=$1
	shift
	status=0
	"$@" >"$work/out" 2>"$work/err" </dev/null || status=$?
	echo "status $status, wanted 125; wanted words: $words"
	cat "$work/out" "$work/err"
	dir=$(member run_dir <"$work/out")
	[ -z "$dir" ] || grep '"verdict"\|"reason"' "$dir/verdict.json" | tee "$work/verdict"
	[ "$status" = 125 ] && cat "$work/err" "$work/verdict" 2>/dev/null | grep -q -e "$words"
}

# The server runs as another user.
chmod 755 "$work"

run() {
	"$netswap" run --json --out "$runs" "$@"
}

run_with_path() (
	PATH=$1
	shift
	"$netswap" run --json --out "$runs" "$@"
)

# In a mount namespace of our own, where $work/small holds no more than @1.
on_small_disk() {
	size=$1
	shift
	mkdir -p "$work/small"
	# shellcheck disable=SC2016 # for the inner shell
	unshare -m sh -c 'mount -t tmpfs -o size="$1" small "$2" && shift 2 && exec "$@"' sh \
		"$size" "$work/small" "$@"
}

# What was recorded until the disk was full must be readable; it is copied out before it goes.
survives_full_disk() {
	# shellcheck disable=SC2016 # for the inner shell
	on_small_disk 48k sh -c '"$1" run --json --out "$2" control/pass; status=$?
		cp -r "$2"/* "$3"; exit "$status"' sh "$netswap" "$work/small" "$runs" \
		>"$work/out" 2>"$work/err" || true
	cat "$work/out" "$work/err"
	grep -q "cannot write to .*/small" "$work/err" && "$netswap" report "$runs"/control-pass-* >"$work/report"
}

check "QEMU is missing" fails "qemu-system-x86" \
	run_with_path "$(path_without qemu-system-x86_64)" control/pass
check "nbd-server is missing" fails "nbd-server" \
	run_with_path "$(path_without nbd-server)" control/pass

farm=$work/without-nbd-server
printf '#!/bin/sh\necho no such export >&2\nexit 3\n' >"$farm/nbd-server"
chmod 755 "$farm/nbd-server"
check "a server that refuses: its own words are passed on" fails "no such export" \
	run_with_path "$farm" control/pass

check "not enough host memory: need and have are named" fails "needs .* MiB of host memory.*are available" \
	run --set swap.size=64G control/pass
: >"$work/file"
check "the run directory cannot be made" fails "$work/file" \
	"$netswap" run --out "$work/file/x" control/pass

if "$netswap" doctor | grep -q "accelerator *kvm:"; then
	skip "KVM was demanded and does not work" "it works here"
else
	check "KVM was demanded and does not work" fails "machine.accel=kvm, but KVM does not work here" \
		run --set machine.accel=kvm control/pass
fi

# What the emulator's stale breakpoint looks like on the console, in words of the command line,
# which a booting kernel says twice.
check "boots that the emulator spoilt are begun again, twice" fails "stale translation" \
	run --set 'kernel.cmdline=loglevel=7 "Oops: int3" "Code: 90 90 90 <90>"' control/pass
check "... and say so" test "$(grep -c "begins again" "$work/err")" = 2

image=$("$netswap" kernel path --quiet --series fix)
other=$("$netswap" kernel path --quiet)
check "a vmlinux that does not belong to the kernel" fails "vmlinux" \
	run --set kernel.series= --set "kernel.image=$image" \
	--set "kernel.vmlinux=$(dirname "$other")/vmlinux" control/pass

if [ "$(id -u)" = 0 ]; then
	check "no room for a kernel: folder, need and have are named" fails "small has .* free and needs" \
		on_small_disk 16M env NETSWAP_CACHE="$work/small" "$netswap" kernel path --quiet
	check "a full disk: what was recorded stays readable" survives_full_disk
else
	skip "no room for a kernel: folder, need and have are named" "not root"
	skip "a full disk: what was recorded stays readable" "not root"
fi
tap_end
