#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Each patch of a series compiles on those before it, so that a kernel can be bisected through the
# series: the files that it touches do, and all files of the series so far if it touches a header of
# the kernel's own.  What only the linker sees is left to those who build the whole.
#
#   source of the version --hard links--> a tree of our own --patch by patch, make FILE.o--> ok?
#
# A version whose source the cache has not got is left out; a control: a patch that does not compile.
#
# usage: patches-build.sh (from the top of the source tree; 10 to 20 min a version)
#	 ONLY='6.1/ablate 6.1/instrument' patches-build.sh

# shellcheck disable=SC2317 # the functions are called through check()
# shellcheck source-path=SCRIPTDIR
set -eu
. "$(dirname "$0")/tap.sh"

cache=${NETSWAP_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/netswap}
top=$PWD
tree=$cache/patches-build.$$ # beside the sources, for the hard links
trap 'rm -rf "$work" "$tree"' EXIT

# patches VERSION/SERIES: their paths, in order.
patches() {
	grep -v '^#' "kernel-patches/$1/series" | while IFS= read -r patch; do
		[ -z "$patch" ] || echo "$top/kernel-patches/$1/$patch"
	done
}

# Files that a patch leaves behind.
touched() {
	sed -n 's/^+++ [^/]*\/\([^	]*\).*/\1/p' "$1" | grep -v '^dev/null$'
}

# Kernels are built from what merge_config makes of these (scripts/kernel-build).
configure() {
	set -- "$top/vm-images/config/base.config" "$top/vm-images/config/$version.config" "$@"
	(cd "$tree/src" && scripts/kconfig/merge_config.sh -n -O "$tree/obj" "$@") >"$tree/log" 2>&1 || {
		cat "$tree/log"
		return 1
	}
}

compile() {
	make -C "$tree/src" O="$tree/obj" -j "$(nproc)" "$@" >"$tree/log" 2>&1 || {
		grep -E -m 5 'error|Error|undefined|\*\*\*' "$tree/log"
		return 1
	}
}

# A fresh copy of the source; patch(1) writes new files, and leaves alone those that it has links to.
unpack() {
	rm -rf "$tree/src"
	mkdir -p "$tree/obj"
	cp -al "$1" "$tree/src"
}

# What must be compiled after the patch; .c files of the series so far are in $tree/sources.
objects() {
	touched "$1" | grep '\.c$' >>"$tree/sources" || true
	if touched "$1" | grep '\.h$' | grep -qvxFf "$tree/new-headers"; then
		sort -u "$tree/sources"
	else
		touched "$1" | grep '\.c$' || true
	fi | sed 's/\.c$/.o/'
}

builds() {
	patch -p1 -F0 --forward --batch -d "$tree/src" <"$1" || return 1
	if [ -f "$2" ] && touched "$1" | grep -q Kconfig; then
		configure "$2" || return 1
	fi
	# shellcheck disable=SC2046 # words: kernel file names have no blanks
	set -- $(objects "$1")
	echo "$@"
	[ $# = 0 ] || compile "$@"
}

try_series() {
	list=$1
	unpack "$source"
	check "$version is configured" configure
	check "... and prepared" compile prepare
	: >"$tree/sources"
	# shellcheck disable=SC2046 # words
	sed -n '/^--- \/dev\/null/{n;s/^+++ [^/]*\/\([^	]*\.h\).*/\1/p}' $(patches "$list") >"$tree/new-headers"
	[ -s "$tree/new-headers" ] || echo none >"$tree/new-headers"
	for patch in $(patches "$list"); do
		check "$list: ${patch##*/}" builds "$patch" "$top/kernel-patches/$list/config"
	done
}

cannot_build() {
	printf -- '--- a/mm/mmzone.c\n+++ b/mm/mmzone.c\n@@ -1 +1 @@\n-%s\n+int x = ;\n' \
		"$(head -n 1 "$tree/src/mm/mmzone.c")" >"$work/broken.patch"
	! builds "$work/broken.patch" /nonexistent
}

controlled=
for path in kernel-patches/*/base; do
	version=$(basename "$(dirname "$path")")
	source="$cache/sources/linux-source-${version}_$(cat "$path")"
	for lists in "kernel-patches/$version"/*/series; do
		list=$version/$(basename "$(dirname "$lists")")
		case " ${ONLY:-$list} " in *" $list "*) ;; *) continue ;; esac
		if [ -d "$source" ]; then
			try_series "$list"
		else
			skip "$list" "no source in the cache; netswap kernel fetch --version $version"
		fi
	done
	if [ -d "$tree" ] && [ -z "$controlled" ]; then
		check "a patch that does not compile is noticed" cannot_build
		controlled=yes
	fi
	rm -rf "$tree"
done
tap_end
