// SPDX-License-Identifier: GPL-2.0-only
/* netswap inspect: who waits for what in a stored run, a core, or a guest that runs. */
#include "base/error.h"
#include "base/options.h"
#include "cmd.h"
#include "report/inspection.h"

static gboolean json, live, all;
static int snapshot, task = -1;
static char *vmcore, *vmlinux;

static const GOptionEntry entries[] = {
	{ "snapshot", 0, 0, G_OPTION_ARG_INT, &snapshot,
	  "The N-th snapshot of the run (default the last)", "N" },
	{ "vmcore", 0, 0, G_OPTION_ARG_FILENAME, &vmcore,
	  "Read a core instead of a run: ELF, or ELF compressed by zstd", "FILE" },
	{ "vmlinux", 0, 0, G_OPTION_ARG_FILENAME, &vmlinux,
	  "The kernel of the core, if the core does not have its symbols and BTF itself", "FILE" },
	{ "live", 0, 0, G_OPTION_ARG_NONE, &live,
	  "Read the guest of a run under way, while it runs", NULL },
	{ "task", 0, 0, G_OPTION_ARG_INT, &task, "Only the task with this pid, and its stack",
	  "PID" },
	{ "all", 0, 0, G_OPTION_ARG_NONE, &all, "Stacks of all tasks, idle ones too", NULL },
	{ "json", 0, 0, G_OPTION_ARG_NONE, &json, "Print JSON instead of text: always everything",
	  NULL },
	{ NULL, 0, 0, 0, NULL, NULL, NULL },
};

static const char about[] =
	"A RUN is a run directory; with --live also the pid of a 'netswap run'.\n"
	"\n"
	"Examples:\n"
	"  netswap inspect netswap-runs/quickstart-stock-20261121-122146-seed1\n"
	"  netswap inspect --vmcore vmcore.zst --task 46\n"
	"  netswap inspect --vmcore old.core --vmlinux ~/linux-5.10/vmlinux";

static gboolean check_usage(int argc, GError **error)
{
	const char *mistake = NULL;

	if (vmcore && (argc > 1 || live || snapshot))
		mistake = "--vmcore reads a core: it takes no RUN, --live or --snapshot";
	else if (vmlinux && !vmcore)
		mistake = "--vmlinux says of what kernel a --vmcore is: a run knows its own";
	else if (!vmcore && argc != 2)
		mistake = "name one run directory, or a core with --vmcore";
	else if (live && snapshot)
		mistake = "--live reads the guest as it is now: it takes no --snapshot";
	else if (snapshot < 0)
		mistake = "--snapshot takes a number from 1";
	if (mistake)
		g_set_error_literal(error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE, mistake);
	return !mistake;
}

static struct inspection *inspect(const char *operand, GError **error)
{
	if (vmcore)
		return inspect_core(vmcore, vmlinux, error);
	return live ? inspect_live(operand, error) : inspect_run(operand, snapshot, error);
}

static char *shown(const struct inspection *i, GError **error)
{
	if (task >= 0)
		return json ? inspection_task_json(i, task, error)
			    : inspection_task_text(i, task, error);
	return json ? inspection_json(i) : inspection_text(i, all);
}

int cmd_inspect(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	SCOPED(inspection) i = NULL;
	g_autofree char *text = NULL;

	if (!options_parse(&argc, &argv, entries, "[RUN]", about, &error) ||
	    !check_usage(argc, &error))
		return options_fail(error);
	i = inspect(argv[1], &error);
	text = i ? shown(i, &error) : NULL;
	if (!text)
		return options_fail(error);
	g_print("%s%s", text, json ? "\n" : "");
	return NETSWAP_EXIT_AS_EXPECTED;
}
