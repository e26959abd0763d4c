#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Planted deadlocks of several shapes: each is called DEADLOCK, and its knot has
# the names that the plant was given.  Those are made up for each run, so that
# they can only have been read from the wedged guest; the signature, which must
# be equal across runs of one bug, has none of them.
#
# usage: vm/plants.sh (from the top of the source tree)
#
# PLANTS in the environment names the shapes, "any" is one of them by chance;
# without it: all.

# shellcheck disable=SC2317 # the functions are called through check()
# shellcheck source-path=SCRIPTDIR
set -eu
. "$(dirname "$0")/../tap.sh"
. "$(dirname "$0")/vm.sh"

# What the plant does, and how many names it is given: of threads, but the second
# of mempool is its slab cache, and that of work its workqueue.
all="deadlock:2 rwsem:2 mempool:2 completion:1 writeback:1 tags:2 work:1"

# random LIMIT: a number below it.
random() {
	echo $(($(od -An -N4 -tu4 /dev/urandom) % $1))
}

any() {
	# shellcheck disable=SC2086 # words on purpose
	set -- $all
	shift "$(random $#)"
	echo "${1%:*}"
}

# count_of SHAPE: how many names it takes.
count_of() {
	for known in $all; do
		[ "${known%:*}" != "$1" ] || echo "${known#*:}"
	done
}

# made_up COUNT: so many names, each preceded by a blank.
made_up() {
	for _ in $(seq "$1"); do
		printf ' n%s' "$(od -An -N5 -tx1 /dev/urandom | tr -d ' \n')"
	done
}

knot() {
	sed -n '/^  "knot"/,/^  }/p' "$dir/verdict.json"
}

knot_has_names() {
	for name in $names; do
		knot | grep -q "$name" || {
			echo "no $name in the knot:"
			knot
			return 1
		}
	done
}

signature_has_no_name() {
	signature=$(echo "$line" | member signature)
	echo "signature: $signature"
	[ -n "$signature" ] || return 1
	for name in $names; do
		case $signature in
		*"$name"*) return 1 ;;
		esac
	done
}

# What writeback looks like has nothing of a plant in it: it must be taken for no known bug.
known_as_planted() {
	known=$(sed -n 's/^Known *//p' "$dir/report.txt")
	echo "known: $known"
	case $shape:$known in
	writeback:no:*) ;;
	deadlock:control-*) ;;
	"$shape:planted-$shape:"*) ;;
	*) return 1 ;;
	esac
}

shapes=${PLANTS:-$(for shape in $all; do echo "${shape%:*}"; done)}
[ "$shapes" != any ] || shapes=$(any)
for shape in $shapes; do
	scenario=plant/$shape
	[ "$shape" != deadlock ] || scenario=control/deadlock
	names=$(made_up "$(count_of "$shape")")
	begin_runs --set "fault.value=$shape$names" "$scenario"
	next_run || line=
	dir=$(echo "$line" | member run_dir)
	check "$shape: DEADLOCK" gave DEADLOCK "$line"
	check "$shape: the knot has$names" knot_has_names
	check "$shape: the signature has no name of one run" signature_has_no_name
	check "$shape: known for what it is" known_as_planted
	check "$shape: the record is whole" record_is_whole "$dir"
	check "$shape: a vmcore is there" has_vmcore "$dir"
	wait "$harness" || true
done
tap_end
