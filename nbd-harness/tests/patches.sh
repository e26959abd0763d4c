#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Every patch of every version's every series applies, without fuzz, to the source that the version
# has as its base, and every option that its fragments ask for is there.  checkpatch.pl --strict of
# 6.12 has nothing to say to it.
#
# Of a version whose source the cache has not got, only the files that the patches touch are taken
# out of Debian's package (a download and half a minute each, kept in the cache); its options are
# then left to those who build it.  A control: a hunk is spoilt, and the patches of 6.1 are given for
# 6.12.
#
# usage: patches.sh (from the top of the source tree)

# shellcheck disable=SC2317 # the functions are called through check()
# shellcheck source-path=SCRIPTDIR
set -eu
. "$(dirname "$0")/tap.sh"

cache=${NETSWAP_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/netswap}

# patches VERSION/SERIES: their paths, in order.
patches() {
	grep -v '^#' "kernel-patches/$1/series" | while IFS= read -r patch; do
		[ -z "$patch" ] || echo "kernel-patches/$1/$patch"
	done
}

# Files that the patches of a version touch, as they name them.
touched() {
	for list in "kernel-patches/$1"/*/series; do
		series=${list%/series}
		patches "$1/${series##*/}"
	done | xargs sed -n 's/^--- [^/]*\/\([^	]*\).*/\1/p' | grep -v '^dev/null$' | sort -u
}

# find_tree VERSION: sets $tree to the source of the version, or to enough of it; $whole tells.
find_tree() {
	base=$(cat "kernel-patches/$1/base")
	tree="$cache/sources/linux-source-$1_$base"
	whole=yes
	[ ! -d "$tree" ] || return 0
	whole=
	tree="$cache/touched/linux-source-$1_$base"
	touched "$1" >"$work/touched"
	! cmp -s "$work/touched" "$tree/.touched" || return 0
	rm -rf "$tree"
	# shellcheck disable=SC2046 # words: kernel file names have no blanks
	got=$(scripts/kernel-fetch --state "$cache/apt" files source "$1" "$tree" $(cat "$work/touched")) || return 1
	[ "$got" = "linux-source-$1 $base" ] || echo "# the mirror has $got, the patches were made for $base"
	cp "$work/touched" "$tree/.touched"
}

# accepts VERSION/SERIES [OPTION]...: the tree, with the options of kernel-check.
accepts() {
	list=$1
	shift
	for patch in $(patches "$list"); do
		set -- "$@" --patch "$patch"
	done
	scripts/kernel-check --tree "$tree" "$@"
}

# together VERSION SERIES...: one on top of the other.
together() {
	find_tree "$1" || return 1
	version=$1
	shift
	for series; do
		for patch in $(patches "$version/$series"); do
			set -- "$@" --patch "$patch"
		done
		shift
	done
	scripts/kernel-check --tree "$tree" "$@"
}

# The fragments that a kernel of VERSION/SERIES is made with.
fragments() {
	echo --config vm-images/config/base.config --config "vm-images/config/${1%/*}.config"
	[ ! -f "kernel-patches/$1/config" ] || echo --config "kernel-patches/$1/config"
}

# refused WORDS ARGUMENT...: by the tool itself, in one sentence, before it builds.
refused() {
	words=$1
	shift
	! "$netswap" kernel build --quiet "$@" >"$work/said" 2>&1 || return 1
	cat "$work/said"
	[ "$(wc -l <"$work/said")" = 1 ] && grep -q "$words" "$work/said"
}

# clean PATCH...: to the kernel's own checker.
clean() {
	for patch; do
		perl "$checkpatch" --strict --no-tree - <"$patch" >"$work/said" && continue
		echo "$patch"
		cat "$work/said"
		return 1
	done
}

for path in kernel-patches/*/base; do
	version=$(basename "$(dirname "$path")")
	check "netswap has a configuration for $version" test -f "vm-images/config/$version.config"
	if ! find_tree "$version" 2>"$work/fetch"; then
		skip "the patches of $version" "no source: $(tail -n 1 "$work/fetch")"
		continue
	fi
	for list in "kernel-patches/$version"/*/series; do
		series=$(basename "$(dirname "$list")")
		check "$version/$series applies to $base" accepts "$version/$series"
		# shellcheck disable=SC2046 # words
		[ -z "$whole" ] || check "... with the options that it asks for" accepts "$version/$series" \
			$(fragments "$version/$series")
	done
done

checkpatch="$cache/sources/linux-source-6.12_$(cat kernel-patches/6.12/base)/scripts/checkpatch.pl"
if [ -f "$checkpatch" ]; then
	for list in kernel-patches/*/*/series; do
		series=${list%/series}
		series=${series#kernel-patches/}
		# shellcheck disable=SC2046 # words
		check "$series: checkpatch --strict" clean $(patches "$series")
	done
	sed 's/^+.*;$/& /' "$(patches 6.12/fix | head -n 1)" >"$work/untidy.patch"
	check "... which finds a blank at the end of a line" sh -c "! perl '$checkpatch' --strict --no-tree - <'$work/untidy.patch'"
else
	skip "checkpatch --strict" "the cache has no source of 6.12; vm/kernels.sh gets it"
fi

spoilt=$work/spoilt.patch
sed 's/^ static int add_recvbuf/ static int take_recvbuf/; s/^ static void refill_work/ static void fill_work/' \
	"$(patches 6.12/fix | head -n 1)" >"$spoilt"
if [ -d "$cache/sources/linux-source-6.12_$(cat kernel-patches/6.12/base)" ]; then
	check "slab_strict applies on top of fix and instrument" together 6.12 fix instrument slab_strict
	check "a spoilt hunk is refused: patch, file and hunk" \
		refused "patch $spoilt does not apply to .*drivers/net/virtio_net.c hunk #[0-9]* at line" --patch "$spoilt"
	check "so is a patch for another version" refused "does not apply to .*linux-source-6.12" \
		--patch "$(patches 6.1/fix | head -n 1)"
else
	skip "a spoilt hunk is refused" "the cache has no source of 6.12; vm/kernels.sh gets it"
fi
tap_end
