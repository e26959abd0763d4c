// SPDX-License-Identifier: GPL-2.0-only
#include <flood_wire.h>
#include <glib.h>
#include <locale.h>
#include <revision.h> /* made by make: NETSWAP_REVISION */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/nearest.h"
#include "base/version.h"
#include "cmd.h"
#include "machine/flooder.h"
#include "machine/pod.h"

struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
};

static int cmd_help(int argc, char **argv);

static const struct command commands[] = {
	{ "run", cmd_run, "run scenarios and judge them" },
	{ "campaign", cmd_campaign,
	  "put questions to scenarios, again and again, until they are answered" },
	{ "list", cmd_list, "list scenarios, kernels, keys, ..." },
	{ "kernel", cmd_kernel, "build a kernel into the cache" },
	{ "report", cmd_report, "complete and print the report of a run directory" },
	{ "inspect", cmd_inspect, "show who waits for what in a run, a core or a running guest" },
	{ "shell", cmd_shell, "boot a scenario's machine with a shell on its console" },
	{ "doctor", cmd_doctor, "check what this host can do" },
	{ "help", cmd_help, "show the help of a command" },
};

static const struct command *find_command(const char *name)
{
	struct nearest near = { .word = name };
	g_autofree char *hint = NULL;

	for (guint i = 0; i < G_N_ELEMENTS(commands); i++) {
		if (!strcmp(commands[i].name, name))
			return &commands[i];
		nearest_offer(&near, commands[i].name);
	}
	hint = nearest_hint(&near);
	g_printerr("netswap: no command %s%s (netswap help lists all)\n", name, hint);
	return NULL;
}

static int run_command(const struct command *command, int argc, char **argv)
{
	g_autofree char *name = g_strconcat("netswap ", command->name, NULL);

	g_set_prgname(name);
	return command->run(argc, argv);
}

static int cmd_help(int argc, char **argv)
{
	const struct command *command;
	char *help_argv[] = { NULL, "--help", NULL };

	if (argc > 1 && argv[1][0] != '-') {
		command = find_command(argv[1]);
		help_argv[0] = argv[1];
		/* help's own help is the list below. */
		if (!command || command->run != cmd_help)
			return command ? run_command(command, 2, help_argv) : NETSWAP_EXIT_USAGE;
	}
	g_print("Usage: netswap COMMAND [OPTION…] [OPERAND…]\n\n"
		"Tell whether Linux can swap over the network without deadlocking.\n\nCommands:\n");
	for (guint i = 0; i < G_N_ELEMENTS(commands); i++)
		g_print("  %-10s%s\n", commands[i].name, commands[i].help);
	g_print("\nnetswap help COMMAND, netswap(1) and netswap-scenario(5) say more.\n");
	return NETSWAP_EXIT_AS_EXPECTED;
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "--help";
	const struct command *command;

	netswap_revision = NETSWAP_REVISION;
	/* The pod's keeper is this program again; it must not touch anything before. */
	if (!strcmp(name, "--keeper") && argc == 3)
		return keeper_main(atoi(argv[2]));
	if (!strcmp(name, "--flooder") && argc == 2)
		return flooder_main(FLOOD_PORT);
	setlocale(LC_CTYPE, "");
	if (!strcmp(name, "--version")) {
		g_print("netswap %s (%s)\n", NETSWAP_VERSION, netswap_revision);
		return NETSWAP_EXIT_AS_EXPECTED;
	}
	if (!strcmp(name, "--help") || !strcmp(name, "-h"))
		name = "help";
	command = find_command(name);
	return command ? run_command(command, argc - 1, argv + 1) : NETSWAP_EXIT_USAGE;
}
