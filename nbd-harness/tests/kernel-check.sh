#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A patch that does not apply and an option that the tree lacks are told before a build begins, by
# file and hunk, with the version that they are probably for.  On trees of two files, made here.
#
# usage: kernel-check.sh (from the top of the source tree)

# shellcheck disable=SC2317 # the functions are called through check()
# shellcheck source-path=SCRIPTDIR
set -eu
. "$(dirname "$0")/tap.sh"

# tree VERSION WORD OPTION: mm/swap.c of 40 lines with WORD in line 30, and Kconfig.
tree() {
	mkdir -p "$work/$1/mm" "$work/$1/arch/arm"
	seq 1 40 | sed "30s/.*/$2/" >"$work/$1/mm/swap.c"
	printf 'config SWAP\n\tbool\nmenuconfig %s\n\tbool\n' "$3" >"$work/$1/Kconfig"
	printf 'config ARM_ONLY\n\tbool\n' >"$work/$1/arch/arm/Kconfig"
}

# change VERSION FROM TO FILE: a patch on the tree with two hunks.
change() {
	mkdir -p "$work/a/mm" "$work/b/mm"
	cp "$work/$1/mm/swap.c" "$work/a/mm/"
	sed "s/^5$/five/; s/$2/$3/" "$work/a/mm/swap.c" >"$work/b/mm/swap.c"
	(cd "$work" && diff -u a/mm/swap.c b/mm/swap.c >"$4") || true
}

kernel_check() {
	scripts/kernel-check --tree "$work/6.12" --other "6.1=$work/6.1" --other "5.10=$work/5.10" "$@"
}

# refused WORDS ARGUMENT...: exactly one line, with these words.
refused() {
	words=$1
	shift
	if kernel_check "$@" 2>"$work/said"; then
		echo "was not refused"
		return 1
	fi
	cat "$work/said"
	[ "$(wc -l <"$work/said")" = 1 ] && grep -q "$words" "$work/said"
}

untouched() {
	(cd "$work" && find 6.12 6.1 5.10 -type f -exec cksum {} +) >"$work/after"
	diff "$work/before" "$work/after"
}

tree 6.12 folio SWAP_NEW
tree 6.1 page SWAP_OLD
tree 5.10 page SWAP_OLD
(cd "$work" && find 6.12 6.1 5.10 -type f -exec cksum {} +) >"$work/before"
change 6.12 folio better "$work/good.patch"
change 6.1 page better "$work/older.patch"
sed 's/page/nowhere/' "$work/older.patch" >"$work/wrong.patch"
sed 's|mm/swap.c|../mm/swap.c|' "$work/good.patch" >"$work/outside.patch"
sed 's|mm/swap.c|mm/none.c|' "$work/good.patch" >"$work/missing.patch"
sed 's/^-folio/-better/; s/^+better/+best/; s/^-5$/-five/; s/^+five/+V/; s/^ 5$/ five/' "$work/good.patch" >"$work/next.patch"
echo "not a patch" >"$work/text.patch"
printf -- '--- a/Kconfig\n+++ b/Kconfig\n@@ -1,0 +1 @@\n+config PLANT\n' >"$work/adds.patch"
echo 'CONFIG_PLANT=y' >"$work/added.config"
printf 'CONFIG_SWAP=y\nCONFIG_SWAP_NEW=y\n' >"$work/good.config"
printf 'CONFIG_SWAP=y\nCONFIG_SWAP_OLD=y\n' >"$work/older.config"
printf '# CONFIG_SWAP_OLD is not set\n' >"$work/off.config"
echo 'CONFIG_ARM_ONLY=y' >"$work/arm.config"

check "what applies is let through" kernel_check --patch "$work/good.patch" --config "$work/good.config"
check "a patch on what the one before it made, too" kernel_check --patch "$work/good.patch" \
	--patch "$work/next.patch"
check "without that one it is refused" refused "next.patch.*mm/swap.c hunk #1" --patch "$work/next.patch"
check "a wrong hunk: file, hunk and line; no version takes it" \
	refused "wrong.patch does not apply to .*: mm/swap.c hunk #2 at line 27; rebase" --patch "$work/wrong.patch"
check "a patch for other versions: these are named" \
	refused "mm/swap.c hunk #2 at line 27; it applies to 6.1 and 5.10;" --patch "$work/older.patch"
check "the same after one that applies" refused "older.patch.*applies to 6.1" --patch "$work/good.patch" \
	--patch "$work/older.patch"
check "one that is there already" refused "mm/swap.c already has it" --patch "$work/good.patch" \
	--patch "$work/good.patch"
check "a file that the tree has not" refused "the tree has no mm/none.c" --patch "$work/missing.patch"
check "a file outside of the tree" refused "outside.patch does not apply" --patch "$work/outside.patch"
check "what is no patch" refused "text.patch.*not a well-formed patch" --patch "$work/text.patch"
check "an option that this version lacks: place, and who has it" \
	refused "older.config:2: .*6.12 has no option CONFIG_SWAP_OLD; there is one in 6.1 and 5.10;" \
	--config "$work/older.config"
check "an option of another machine" refused "no option CONFIG_ARM_ONLY;" --config "$work/arm.config"
check "a later fragment may take it back" kernel_check --config "$work/older.config" --config "$work/off.config"
check "an option that a patch adds is there" kernel_check --patch "$work/adds.patch" --config "$work/added.config"
check "... and is not without it" refused "no option CONFIG_PLANT;" --config "$work/added.config"
check "the trees are as they were" untouched
tap_end
