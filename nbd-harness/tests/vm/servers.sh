#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Each swap server once, and fio over shmem: innocent runs, which must pass.  (What is starved
# for a while and goes on: vm/pair.sh.)
#
# usage: vm/servers.sh (from the top of the source tree)

# shellcheck disable=SC2317 # the functions are called through check()
# shellcheck source-path=SCRIPTDIR
set -eu
. "$(dirname "$0")/../tap.sh"
. "$(dirname "$0")/vm.sh"

fio_verified() {
	grep -q '"jobs"' "$1"/result-*.json && grep -q '"error" : 0' "$1"/result-*.json
}

# pcap's magic number, and the first words of the server.
pcap_has_nbd() {
	[ "$(od -An -N4 -tx1 "$1/link.pcap")" = " d4 c3 b2 a1" ] && grep -aq NBDMAGIC "$1/link.pcap"
}

scenarios="nbd/nbdkit nbd/qemu-nbd nbd/fio-shmem"
# shellcheck disable=SC2086 # words on purpose
begin_runs --set link.pcap=yes $scenarios
for scenario in $scenarios; do
	next_run || line=
	dir=$(echo "$line" | member run_dir)
	check "$scenario: PASS" gave PASS "$line"
	check "$scenario: the link was recorded" pcap_has_nbd "$dir"
	[ "$scenario" != nbd/fio-shmem ] ||
		check "fio's own result is part of the record" fio_verified "$dir"
done
check "netswap run ends with status 0: all as expected" wait "$harness"
tap_end
