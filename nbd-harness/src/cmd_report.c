// SPDX-License-Identifier: GPL-2.0-only
/* netswap report: complete what a killed run left, and print it. */
#include "base/error.h"
#include "base/options.h"
#include "cmd.h"
#include "report/report.h"
#include "run/conclude.h"

static gboolean json, again;

static const GOptionEntry entries[] = {
	{ "json", 0, 0, G_OPTION_ARG_NONE, &json, "Print JSON instead of text", NULL },
	{ "again", 0, 0, G_OPTION_ARG_NONE, &again,
	  "Judge the recorded facts again, even if there is a verdict", NULL },
	{ NULL, 0, 0, 0, NULL, NULL, NULL },
};

static const char about[] =
	"A DIR is a run directory. If its harness was killed before it gave a verdict, the\n"
	"recorded facts are judged now. Then all reports are written anew (report.txt, "
	"report.json,\n"
	"report.html and, of a run with a snapshot, waitgraph.*) and the first is printed.";

static gboolean report(const char *dir, GError **error)
{
	g_autofree char *text = NULL;

	if (!conclude_replay(dir, !again, error) || !report_write(dir, error))
		return FALSE;
	text = json ? report_json(dir, error) : report_text(dir, error);
	if (!text)
		return FALSE;
	g_print("%s%s", text, json ? "\n" : "");
	return TRUE;
}

int cmd_report(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;

	if (!options_parse(&argc, &argv, entries, "DIR…", about, &error))
		return options_fail(error);
	if (argc < 2)
		g_set_error(&error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE, "no run directory named");
	for (int i = 1; i < argc && !error; i++)
		report(argv[i], &error);
	return error ? options_fail(error) : NETSWAP_EXIT_AS_EXPECTED;
}
