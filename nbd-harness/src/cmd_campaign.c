// SPDX-License-Identifier: GPL-2.0-only
/*
 * netswap campaign: put each cell's question until it is answered.
 *
 *	file -> cells -> kernels (all, before the first run) -> rounds: one run of
 *	each cell whose question is open -> record, at once -> table
 *
 * In rounds, so that a cell and its control run under like conditions.  What
 * the records hold is not run again.
 */
#include "base/error.h"
#include "base/json.h"
#include "base/options.h"
#include "base/progress.h"
#include "campaign/records.h"
#include "campaign/table.h"
#include "campaign/tally.h"
#include "cmd.h"
#include "report/report.h"
#include "run/run.h"
#include "run/script.h"

static struct {
	gboolean json, table;
	char *out, *records, *condition;
	char **only;
} opt;

/* clang-format off */
static const GOptionEntry entries[] = {
	{ "json", 0, 0, G_OPTION_ARG_NONE, &opt.json, "Print one JSON object per run and line", NULL },
	{ "table", 0, 0, G_OPTION_ARG_NONE, &opt.table,
	  "Run nothing: print the table of the records there are", NULL },
	{ "records", 0, 0, G_OPTION_ARG_FILENAME, &opt.records,
	  "Keep the records in FILE (default NAME.jsonl here)", "FILE" },
	{ "out", 0, 0, G_OPTION_ARG_FILENAME, &opt.out,
	  "Put run directories into DIR (default " RUN_DIRS ")", "DIR" },
	{ "only", 0, 0, G_OPTION_ARG_STRING_ARRAY, &opt.only,
	  "Run only the cells whose names match PATTERN, as in 'nbd*'; may be given again", "PATTERN" },
	{ "condition", 0, 0, G_OPTION_ARG_STRING, &opt.condition,
	  "Note in the records what else goes on on this host (default: undisturbed)", "TEXT" },
	{ NULL },
};
/* clang-format on */

static const char about[] =
	"A CAMPAIGN is a name from nbd-harness/campaigns or a file; netswap(1) says how one is\n"
	"written.  It may be ended at any moment: begun again, it goes on where it was.\n"
	"Exit status: 0 every question answered (or --table), 2 usage, 125 some not.";

struct campaign_run {
	struct campaign *campaign;
	GPtrArray *inputs; /* of char *, one for each cell */
	const char *records, *out, *condition;
};

static gboolean is_wanted(const struct cell *cell)
{
	for (char **pattern = opt.only; pattern && *pattern; pattern++) {
		if (g_pattern_match_simple(*pattern, cell->name))
			return TRUE;
	}
	return !opt.only;
}

/* All kernels first: what does not build is known before the first run. */
static gboolean obtain_kernels(struct campaign_run *c, GError **error)
{
	for (guint i = 0; i < c->campaign->cells->len; i++) {
		const struct cell *cell = g_ptr_array_index(c->campaign->cells, i);
		struct kernel_request request = script_kernel(cell->scenario);
		SCOPED(kernel) kernel = is_wanted(cell) ? kernel_obtain(&request, error) : NULL;

		if (is_wanted(cell) && !kernel) {
			g_prefix_error(error, "%s: ", cell->where);
			return FALSE;
		}
		g_ptr_array_add(c->inputs, kernel ? records_inputs(cell, kernel->key) : NULL);
	}
	return TRUE;
}

static void print_result(const struct cell_tally *t, const struct run_result *result)
{
	g_autoptr(JsonBuilder) b = NULL;
	g_autofree char *text = NULL;

	if (!opt.json) {
		g_print("%s: %s after %.1f s%s%s\n", t->cell->name, verdict_name(result->verdict),
			result->duration_us / 1e6, *result->signature ? ", " : "",
			result->signature);
		return;
	}
	b = json_builder_new();
	json_builder_begin_object(b);
	json_add_string(b, "cell", t->cell->name);
	run_result_to_json(result, b);
	json_builder_end_object(b);
	text = json_built(b, FALSE);
	g_print("%s\n", text);
}

static gboolean run_cell(const struct campaign_run *c, const struct cell_tally *t,
			 const char *inputs, GError **error)
{
	struct run_options options = { .seed = t->next_seed, .report = report_write };
	struct run_result result;
	gboolean ok;

	if (!run_seed(t->cell->scenario, &options, c->out, &result, error))
		return FALSE;
	/* One that was interrupted was not asked. */
	ok = run_interrupted() ||
	     records_append(c->records, t->cell, inputs, c->condition, &result, error);
	if (ok && !run_interrupted())
		print_result(t, &result);
	run_result_clear(&result);
	return ok;
}

static gboolean is_open(const struct cell_tally *t)
{
	return t->answer == ANSWER_OPEN && is_wanted(t->cell);
}

/* How many cells are settled of those wanted, for whoever waits. */
static void note_progress(GPtrArray *tallies)
{
	guint wanted = 0, open = 0;

	for (guint i = 0; i < tallies->len; i++) {
		wanted += is_wanted(((struct cell_tally *)tallies->pdata[i])->cell);
		open += is_open(tallies->pdata[i]);
	}
	progress_note("campaign: %u of %u cells settled", wanted - open, wanted);
}

/* One run of each cell that is open; *@ran: how many that were. */
static gboolean run_round(const struct campaign_run *c, guint *ran, GError **error)
{
	g_autoptr(GPtrArray) records = records_read(c->records, error);
	g_autoptr(GPtrArray) tallies = NULL;

	*ran = 0;
	if (!records)
		return FALSE;
	tallies = tally_count(c->campaign, records, c->inputs);
	note_progress(tallies);
	for (guint i = 0; i < tallies->len && !run_interrupted(); i++) {
		const struct cell_tally *t = g_ptr_array_index(tallies, i);

		if (!is_open(t))
			continue;
		if (!run_cell(c, t, g_ptr_array_index(c->inputs, i), error))
			return FALSE;
		++*ran;
	}
	return TRUE;
}

/* *@open: how many questions are. */
static gboolean print_table(const struct campaign_run *c, guint *open, GError **error)
{
	g_autoptr(GPtrArray) records = records_read(c->records, error);
	g_autoptr(GPtrArray) tallies = NULL;
	g_autofree char *table = NULL;

	*open = 0;
	if (!records)
		return FALSE;
	tallies = tally_count(c->campaign, records, opt.table ? NULL : c->inputs);
	for (guint i = 0; i < tallies->len; i++) {
		const struct cell_tally *t = g_ptr_array_index(tallies, i);

		*open += is_wanted(t->cell) &&
			 (t->answer == ANSWER_OPEN || t->answer == ANSWER_NONE);
	}
	table = campaign_table(c->campaign, tallies);
	if (!opt.json)
		g_print("%s", table);
	return TRUE;
}

static gboolean run_campaign(struct campaign_run *c, GError **error)
{
	guint ran = 1;

	if (opt.table)
		return TRUE;
	if (!obtain_kernels(c, error))
		return FALSE;
	while (ran && !run_interrupted()) {
		if (!run_round(c, &ran, error))
			return FALSE;
	}
	return TRUE;
}

int cmd_campaign(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	SCOPED(campaign) campaign = NULL;
	g_autoptr(GPtrArray) inputs = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *records = NULL;
	guint open;

	if (!options_parse(&argc, &argv, entries, "CAMPAIGN", about, &error))
		return options_fail(error);
	if (argc != 2) {
		g_set_error(&error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE,
			    "give one campaign: a name from nbd-harness/campaigns or a file");
		return options_fail(error);
	}
	campaign = campaign_load(argv[1], &error);
	if (!campaign)
		return options_fail(error);
	records = opt.records ? g_strdup(opt.records) : g_strconcat(campaign->name, ".jsonl", NULL);

	struct campaign_run c = {
		.campaign = campaign,
		.inputs = inputs,
		.records = records,
		.out = opt.out ? opt.out : RUN_DIRS,
		.condition = opt.condition ? opt.condition : "undisturbed",
	};

	if (!run_campaign(&c, &error) || !print_table(&c, &open, &error))
		return options_fail(error);
	if (opt.table)
		return NETSWAP_EXIT_AS_EXPECTED;
	return open || run_interrupted() ? NETSWAP_EXIT_INFRA : NETSWAP_EXIT_AS_EXPECTED;
}
