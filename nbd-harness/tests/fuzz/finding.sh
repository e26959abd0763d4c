#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What libFuzzer's log says of a finding, short enough for a CI log: the summary,
# the report without libFuzzer's own frames, and the input in base64 (libFuzzer
# shows one of up to 256 bytes only).
#
# usage: finding.sh LOG
set -eu
log=$1
lines=40	 # of a report, which an endless recursion makes long
input_bytes=8192 # the longest that is shown: that of the longest -max_len

grep -a '^INFO: Seed' "$log" || :
grep -a '^SUMMARY' "$log" || :
awk '/^==|ERROR|ALARM|CRITICAL|runtime error|[Aa]ssertion|libFuzzer:/ { found = 1 }
	found && /^(HINT|Shadow bytes|SUMMARY)/ { exit }
	found && !/ in (fuzzer::|main |__libc_start|_start )|^(#[0-9]+\t|0x|\\|$)|Test unit|Base64/' \
	"$log" | head -n "$lines"

input=$(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)
if [ ! -f "$input" ]; then
	echo "no input was kept; the log ends:"
	tail -n 5 "$log"
elif [ "$(wc -c <"$input")" -le "$input_bytes" ]; then
	echo "base64 -d >finding, and give that to the target:"
	base64 "$input"
else
	echo "the input: $input"
fi
