# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# bash completion for netswap(1).  It asks the program for its commands,
# options, lists and keys, so that it cannot fall behind.

_netswap_commands()
{
	"$1" help 2>/dev/null | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'
}

_netswap_options()
{
	"$1" help "$2" 2>/dev/null | sed -n 's/^  \(-., \)\{0,1\}\(--[a-z-]*\).*/\2/p'
}

_netswap_names()
{
	"$1" list "$2" 2>/dev/null | sed 's/[ =].*//'
}

_netswap_reply()
{
	mapfile -t COMPREPLY < <(compgen -W "$1" -- "${COMP_WORDS[COMP_CWORD]}")
}

_netswap()
{
	local netswap=${COMP_WORDS[0]} command=${COMP_WORDS[1]}
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}

	COMPREPLY=()
	if [ "$COMP_CWORD" = 1 ]; then
		_netswap_reply "$(_netswap_commands "$netswap")"
		return
	fi
	case $previous in
	--set)
		_netswap_reply "$(_netswap_names "$netswap" keys | sed 's/$/=/')"
		compopt -o nospace
		return
		;;
	--out | --source | --patch | --config | --vmcore | --vmlinux | --share | --records)
		compopt -o default
		return
		;;
	esac
	if [[ $current == -* ]]; then
		_netswap_reply "$(_netswap_options "$netswap" "$command")"
		return
	fi
	case $command in
	run | shell)
		_netswap_reply "$(_netswap_names "$netswap" scenarios)"
		compopt -o default
		;;
	campaign)
		_netswap_reply "$(_netswap_names "$netswap" campaigns)"
		compopt -o default
		;;
	list)
		_netswap_reply "$("$netswap" help list | sed -n 's/^WHAT is one of //p')"
		;;
	kernel)
		_netswap_reply build
		;;
	help)
		_netswap_reply "$(_netswap_commands "$netswap")"
		;;
	*)
		compopt -o default
		;;
	esac
}

complete -F _netswap netswap
