#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Anonymous memory beside all companions at once on the fixed kernel: it passes,
# each of them did its work, and the run ended although none of them ends.
#
# usage: vm/companions.sh (from the top of the source tree)

# shellcheck disable=SC2317 # the functions are called through check()
# shellcheck source-path=SCRIPTDIR
set -eu
. "$(dirname "$0")/../tap.sh"
. "$(dirname "$0")/vm.sh"

cat >"$work/companions.scn" <<EOF
# SPDX-License-Identifier: GPL-2.0-only
# All companions at once
[kernel]
series=fix
[machine]
# Enough for a flood beside e1000e, see trial/flood.
sysctl.vm.min_free_kbytes=4096
[swap]
size=256M
[link]
nic=e1000e
[pressure main]
workload=anon
total=160M
[pressure flood]
workload=flood
processes=2
sockets=150
rcvbuf=128K
rate=2000
[pressure churn]
workload=churn
processes=2
[pressure neigh]
workload=neigh
processes=1
interval=200ms
EOF

# at_least FIELD NUMBER: in the last sample.
at_least() {
	value=$(tail -n 1 "$dir/samples.jsonl" | sed -n 's/.*"'"$1"'":\([0-9]*\).*/\1/p')
	echo "$1 is ${value:-unknown}, wanted $2 or more"
	[ "${value:-0}" -ge "$2" ]
}

begin_runs "$work/companions.scn"
next_run || line=
dir=$(echo "$line" | member run_dir)
check "anon beside flood, churn and neigh: PASS" gave PASS "$line"
check "the flood came" at_least packets_in 8000
check "its sockets keep half of what they may" at_least udp_pages 2400
check "churn and neigh went round" at_least companion_rounds 100
check "netswap run ends with status 0" wait "$harness"
tap_end
