#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Swap over each transport but NBD, to the server's kernel in a second VM: one PASS each, and
# what it went over is seen from the guest's memory.
#
# usage: vm/transports.sh (from the top of the source tree)

# shellcheck disable=SC2317 # the functions are called through check()
# shellcheck source-path=SCRIPTDIR
set -eu
. "$(dirname "$0")/../tap.sh"
. "$(dirname "$0")/vm.sh"

# scenario TRANSPORT: the file $work/TRANSPORT.scn.
scenario() {
	cat >"$work/$1.scn" <<EOF
# SPDX-License-Identifier: GPL-2.0-only
# A little more than fits into RAM, over $1
[kernel]
series=fix
[swap]
transport=$1
size=256M
[link]
kind=pair
[pressure main]
workload=anon
total=140M
EOF
}

# highest FIELD DIR: the largest value that it had in the run's samples.
highest() {
	sed -n 's/.*"'"$1"'":\(-\{0,1\}[0-9]*\).*/\1/p' "$2/samples.jsonl" | sort -n | tail -n 1
}

# Calls of NFS, and what TCP had to send: read from the guest, whatever the transport.
was_seen() {
	grep -q '"transport" : "'"$2"'"' "$1/run.json" &&
		grep -q "MiB over $2, served by" "$1/report.txt" &&
		[ "$(highest swap_wmem_bytes "$1")" -gt 4096 ] &&
		{ [ "$2" = nvme-tcp ] || [ "$(highest rpc_in_flight "$1")" -gt 1 ]; }
}

transports="nvme-tcp nfs3 nfs4"
for transport in $transports; do
	scenario "$transport"
	set -- "$@" "$work/$transport.scn"
done
begin_runs "$@"
for transport in $transports; do
	next_run || line=
	check "swap over $transport: PASS" gave PASS "$line"
	check "it was seen from outside" was_seen "$(echo "$line" | member run_dir)" "$transport"
done
check "netswap run ends with status 0" wait "$harness"
tap_end
