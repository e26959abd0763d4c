// SPDX-License-Identifier: GPL-2.0-only
/* netswap report: complete what a killed run left, and print it. */
#include "base/error.h"
#include "base/options.h"
#include "cmd.h"
#include "report/report.h"
#include "report/share.h"
#include "run/conclude.h"
#include "run/live.h"

static gboolean json, again, with_vmcore;
static char *share;

static const GOptionEntry entries[] = {
	{ "json", 0, 0, G_OPTION_ARG_NONE, &json, "Print JSON instead of text", NULL },
	{ "again", 0, 0, G_OPTION_ARG_NONE, &again,
	  "Judge the recorded facts again, even if there is a verdict", NULL },
	{ "share", 0, 0, G_OPTION_ARG_FILENAME, &share,
	  "Write an archive of the run that can be given away: without guest memory, and with "
	  "nothing of this host's name, user and folders",
	  "FILE.tar.zst" },
	{ "with-vmcore", 0, 0, G_OPTION_ARG_NONE, &with_vmcore,
	  "Put the vmcore into the archive as well: all that was in the guest's memory", NULL },
	{ NULL, 0, 0, 0, NULL, NULL, NULL },
};

static const char about[] =
	"A DIR is a run directory. If its harness was killed before it gave a verdict, the\n"
	"recorded facts are judged now. Then all reports are written anew (report.txt, "
	"report.json,\n"
	"report.html and, of a run with a snapshot, waitgraph.*) and the first is printed.";

static gboolean print_report(const char *dir, GError **error)
{
	g_autofree char *text = json ? report_json(dir, error) : report_text(dir, error);

	if (text)
		g_print("%s%s", text, json ? "\n" : "");
	return text != NULL;
}

static gboolean share_report(const char *dir, GError **error)
{
	struct share done;
	gboolean ok = share_run(dir, share, with_vmcore, &done, error);

	if (ok) {
		g_print("%s: %u files of %s", share, done.files, dir);
		for (guint i = 0; i < done.omitted->len; i++)
			g_print("%s%s", i ? ", " : "; left out: ", (char *)done.omitted->pdata[i]);
		g_print("\n");
	}
	share_clear(&done);
	return ok;
}

static gboolean report(const char *dir, GError **error)
{
	if (live_is_under_way(dir)) {
		g_set_error(
			error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE,
			"the run in %s is under way and will report itself; netswap inspect --live "
			"%s looks at its guest",
			dir, dir);
		return FALSE;
	}
	if (!conclude_replay(dir, !again, error) || !report_write(dir, error))
		return FALSE;
	return share ? share_report(dir, error) : print_report(dir, error);
}

int cmd_report(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;

	if (!options_parse(&argc, &argv, entries, "DIR…", about, &error))
		return options_fail(error);
	if (argc < 2)
		g_set_error(&error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE, "no run directory named");
	else if (share && (argc > 2 || json))
		g_set_error(&error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE,
			    "--share writes one archive of one run; it prints no --json");
	else if (with_vmcore && !share)
		g_set_error(&error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE,
			    "--with-vmcore says what --share puts into its archive");
	for (int i = 1; i < argc && !error; i++)
		report(argv[i], &error);
	return error ? options_fail(error) : NETSWAP_EXIT_AS_EXPECTED;
}
