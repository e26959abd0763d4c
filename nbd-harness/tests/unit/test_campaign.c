// SPDX-License-Identifier: GPL-2.0-only
/* Campaigns: plans, when a question is settled, records and what is counted of them. */
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "campaign/records.h"
#include "campaign/table.h"
#include "campaign/tally.h"

#define PLAN                                                                                       \
	"# about\n#\n"                                                                             \
	"with 0/5 PASS nbd/anon\n"                                                                 \
	"\n"                                                                                       \
	"less 4/5 'a hang' nbd/anon swap.size=768M machine.cpus=1\n"                               \
	"more -/2 none nbd/anon\n"

static void refuses(const char *text, const char *message)
{
	g_autoptr(GError) error = NULL;
	SCOPED(campaign) c = campaign_parse(text, "dir/t.campaign", &error);

	g_assert_null(c);
	g_assert_error(error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE);
	g_assert_cmpstr(error->message, ==, message);
}

static void test_plan(void)
{
	g_autoptr(GError) error = NULL;
	SCOPED(campaign) c = campaign_parse(PLAN, "dir/t.campaign", &error);
	const struct cell *less;

	g_assert_no_error(error);
	g_assert_cmpstr(c->name, ==, "t");
	g_assert_cmpuint(c->cells->len, ==, 3);
	less = g_ptr_array_index(c->cells, 1);
	g_assert_cmpstr(less->name, ==, "less");
	g_assert_cmpstr(less->predicted, ==, "a hang");
	g_assert_cmpstr(less->where, ==, "t.campaign:5");
	g_assert_cmpint(less->question.kind, ==, QUESTION_AT_LEAST);
	g_assert_cmpuint(less->question.k, ==, 4);
	g_assert_cmpuint(less->question.n, ==, 5);
	g_assert_cmpuint(less->scenario->machine.cpus, ==, 1);

	refuses("# nothing\n", "dir/t.campaign: no cell in it; write one line for each");
	refuses("a 4/5 x\n", "t.campaign:1: a cell is NAME QUESTION PREDICTED SCENARIO "
			     "[SECTION.KEY=VALUE]…, this "
			     "line has 3 words");
	refuses("a 0/1 x nbd/anon\na 0/1 x nbd/anon\n",
		"t.campaign:2: the name a is taken by t.campaign:1; choose another");
	refuses("a 6/5 x nbd/anon\n",
		"t.campaign:1: 6/5 is no question; write 4/5 (do at least 4 of 5 runs fail?), 0/5 "
		"(does none?) or -/5 (how many do?), with at most 1000 runs");
	refuses("a 0/1 x nbd/anom\n",
		"t.campaign:1: no scenario or file nbd/anom; did you mean nbd/anon? (netswap list "
		"scenarios shows all)");
	refuses("a 0/1 x nbd/anon machine.cpu=1\n",
		"t.campaign:1: --set machine.cpu=1: unknown key machine.cpu; did you mean cpus?");
	refuses("a 0/1 'x nbd/anon\n",
		"t.campaign:1: Text ended before matching quote was found for '. (The text was "
		"\u201ca 0/1 'x nbd/anon\u201d)");
}

static void test_table_line(void)
{
	g_autoptr(GError) error = NULL;
	SCOPED(campaign) questions = campaign_parse(PLAN, "t.campaign", &error);
	SCOPED(campaign)
	traffic = campaign_parse("table traffic\na -/1 x nbd/anon\n", "t.campaign", &error);
	SCOPED(campaign)
	last = campaign_parse("a -/1 x nbd/anon\ntable 'traffic'\n", "t.campaign", &error);

	g_assert_no_error(error);
	g_assert_false(questions->traffic);
	g_assert_true(traffic->traffic);
	g_assert_cmpuint(traffic->cells->len, ==, 1);
	g_assert_true(last->traffic);
	refuses("# c\ntable traffik\na -/1 x nbd/anon\n",
		"t.campaign:2: the only table to ask for is: table traffic");
	refuses("table\n", "t.campaign:1: the only table to ask for is: table traffic");
	refuses("table traffic a\n", "t.campaign:1: the only table to ask for is: table traffic");
	refuses("table traffic\n", "dir/t.campaign: no cell in it; write one line for each");
}

/* "FFP": the answer after two failures and a success. */
static enum answer after(const struct question *q, const char *runs)
{
	struct counts counts = { 0 };

	for (; *runs; runs++)
		settle_count(&counts, *runs == 'P'   ? VERDICT_PASS
				      : *runs == 'F' ? VERDICT_DEADLOCK
				      : *runs == 'O' ? VERDICT_OOM
						     : VERDICT_INCONCLUSIVE);
	return settle(q, &counts);
}

static void test_settle(void)
{
	const struct question often = { QUESTION_AT_LEAST, 4, 5 }, never = { QUESTION_NONE, 0, 3 };
	const struct question count = { QUESTION_COUNT, 0, 2 };

	g_assert_cmpint(after(&often, ""), ==, ANSWER_OPEN);
	g_assert_cmpint(after(&often, "FFOP"), ==, ANSWER_OPEN);
	g_assert_cmpint(after(&often, "FFOPF"), ==, ANSWER_YES);
	g_assert_cmpint(after(&often, "FFFF"), ==, ANSWER_YES);
	g_assert_cmpint(after(&often, "PP"), ==, ANSWER_NO);
	g_assert_cmpint(after(&often, "FFF????"), ==, ANSWER_OPEN);
	g_assert_cmpint(after(&often, "FFF?????"), ==, ANSWER_NONE);
	g_assert_cmpint(after(&never, "PP"), ==, ANSWER_OPEN);
	g_assert_cmpint(after(&never, "PP?P"), ==, ANSWER_YES);
	g_assert_cmpint(after(&never, "PF"), ==, ANSWER_NO);
	g_assert_cmpint(after(&never, "???"), ==, ANSWER_NONE);
	g_assert_cmpint(after(&count, "P?"), ==, ANSWER_OPEN);
	g_assert_cmpint(after(&count, "PF"), ==, ANSWER_COUNTED);
}

static void append(const char *file, const struct cell *cell, const char *inputs,
		   enum verdict verdict, guint seed, const char *signature)
{
	g_autoptr(GError) error = NULL;
	struct run_result result = {
		.verdict = verdict,
		.duration_us = seed * 1500000ll,
		.dir = (char *)"/somewhere/run-1",
		.scenario = cell->scenario->name,
		.signature = (char *)signature,
		.kernel = (char *)"6.12",
		.seed = seed,
	};

	g_assert_true(records_append(file, cell, inputs, "alone", &result, &error));
	g_assert_no_error(error);
}

static void test_records(void)
{
	g_autoptr(GError) error = NULL;
	SCOPED(campaign) c = campaign_parse(PLAN, "t.campaign", &error);
	const struct cell *with = g_ptr_array_index(c->cells, 0);
	const struct cell *less = g_ptr_array_index(c->cells, 1);
	g_autofree char *folder = g_dir_make_tmp("netswap-campaign-XXXXXX", &error);
	g_autofree char *file = g_build_filename(folder, "records", NULL);
	g_autofree char *inputs = records_inputs(with, "kernel 1");
	g_autofree char *other_kernel = records_inputs(with, "kernel 2");
	g_autofree char *other_cell = records_inputs(less, "kernel 1");
	g_autoptr(GPtrArray) none = records_read(file, &error);
	g_autoptr(GPtrArray) records = NULL;
	g_autoptr(GPtrArray) tallies = NULL;
	g_autoptr(GPtrArray) wanted = g_ptr_array_new();
	g_autofree char *text = NULL;
	g_autofree char *table = NULL;
	const struct cell_tally *t;

	g_assert_cmpuint(none->len, ==, 0);
	g_assert_cmpstr(inputs, !=, other_kernel);
	g_assert_cmpstr(inputs, !=, other_cell);
	append(file, with, other_kernel, VERDICT_PASS, 1, "");
	for (guint seed = 1; seed <= 5; seed++)
		append(file, with, inputs, VERDICT_PASS, seed, "");
	append(file, less, other_cell, VERDICT_OOM, 1, "");
	append(file, less, other_cell, VERDICT_PASS, 2, "");
	for (guint seed = 3; seed <= 5; seed++)
		append(file, less, other_cell, VERDICT_DEADLOCK, seed, "a <- b");
	g_assert_true(g_file_get_contents(file, &text, NULL, NULL));
	g_assert_null(strstr(text, "/somewhere"));
	g_assert_nonnull(strstr(text, "\"run\":\"run-1\""));

	records = records_read(file, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(records->len, ==, 11);
	g_ptr_array_add(wanted, other_kernel);
	g_ptr_array_add(wanted, other_cell);
	g_ptr_array_add(wanted, NULL);
	tallies = tally_count(c, records, wanted);
	t = g_ptr_array_index(tallies, 0);
	g_assert_cmpuint(t->counts.passed, ==, 1);
	g_assert_cmpint(t->next_seed, ==, 2);
	g_assert_cmpint(t->answer, ==, ANSWER_OPEN);
	g_assert_false(tally_noticed(g_ptr_array_index(tallies, 1)));
	table = campaign_table(c, tallies);
	g_assert_nonnull(strstr(table, "| 4 of 5 | 0 of 1 | open: its control |"));
	g_clear_pointer(&table, g_free);

	g_ptr_array_unref(tallies);
	tallies = tally_count(c, records, NULL);
	t = g_ptr_array_index(tallies, 1);
	g_assert_cmpuint(t->counts.failed, ==, 4);
	g_assert_cmpint(t->answer, ==, ANSWER_YES);
	g_assert_cmpint(t->control->answer, ==, ANSWER_YES);
	g_assert_true(tally_noticed(t));
	table = campaign_table(c, tallies);
	g_assert_nonnull(strstr(
		table, "| less | nbd/anon | a hang | DEADLOCK 3, OOM 1, PASS 1 | 4 of 5 | 0 of "
		       "5 | **noticed** | 5.2 (1.5\u20137.5) | `a <- b` |\n"));
	g_assert_nonnull(strstr(table, "| more | nbd/anon | none | not run yet |"));
	g_assert_nonnull(strstr(table, "\nNoticed: 1 of 1.\n"));
	g_unlink(file);
	g_rmdir(folder);
}

static char *inputs_of(const char *text)
{
	struct scenario scenario = { .text = (char *)text };
	const struct cell cell = { .scenario = &scenario };

	return records_inputs(&cell, "kernel");
}

/* Keys that came after the first records, at their defaults, do not make them stale. */
static void test_later_keys(void)
{
	g_autofree char *before = inputs_of("# c\n[swap]\nsize=1M\n[link]\nnic=e1000\n");
	g_autofree char *unset =
		inputs_of("# c\n[swap]\nsize=1M\n[link]\nkind=user\nnic=e1000\nloss=0%\n");
	g_autofree char *set = inputs_of("# c\n[swap]\nsize=1M\n[link]\nnic=e1000\nloss=1%\n");
	g_autofree char *old_key = inputs_of("# c\n[swap]\nsize=1M\nrate=0\n[link]\nnic=e1000\n");

	g_assert_cmpstr(unset, ==, before);
	g_assert_cmpstr(set, !=, before);
	g_assert_cmpstr(old_key, !=, before);
}

/* --- the table of how swapping went ---------------------------------------- */

#define RECORD(cell, verdict, more)                                                                \
	"{\"cell\":\"" cell "\",\"inputs\":\"i\",\"verdict\":\"" verdict "\"" more "}\n"
#define TRAFFIC(pressed, out, in, stall)                                                           \
	",\"pressed_s\":" pressed ",\"swapped_out_pages\":" out ",\"swapped_in_pages\":" in        \
	",\"worst_stall_s\":" stall
#define BACK(after) ",\"recovered_after_s\":" after

#define TRAFFIC_PLAN                                                                               \
	"table traffic\n"                                                                          \
	"one -/1 x nbd/anon\n"                                                                     \
	"three -/3 x nbd/anon\n"                                                                   \
	"two -/2 x nbd/anon\n"                                                                     \
	"old -/1 x nbd/anon\n"                                                                     \
	"mixed -/2 x nbd/anon\n"                                                                   \
	"hung -/1 x nbd/anon\n"                                                                    \
	"infra -/1 x nbd/anon\n"                                                                   \
	"none -/1 x nbd/anon\n"

#define TRAFFIC_RECORDS                                                                            \
	RECORD("one", "PASS", TRAFFIC("10.0", "25600", "12800", "2.54") BACK("0.5"))               \
	RECORD("three", "PASS", TRAFFIC("10.0", "2560", "0", "9.0") BACK("3"))                     \
	RECORD("three", "PASS", TRAFFIC("20.0", "10240", "0", "1.0") BACK("12.0"))                 \
	RECORD("three", "PASS", TRAFFIC("1", "768", "0", "4.0") BACK("5.0"))                       \
	RECORD("two", "PASS", TRAFFIC("1.0", "256", "0", "1.0"))                                   \
	RECORD("two", "PASS", TRAFFIC("1.0", "1024", "0", "2.0") BACK("7.0"))                      \
	RECORD("old", "PASS", ",\"duration_s\":50.0")                                              \
	RECORD("mixed", "PASS", ",\"duration_s\":50.0")                                            \
	RECORD("mixed", "PASS", TRAFFIC("1.0", "256", "512", "3.0") BACK("0.0"))                   \
	RECORD("hung", "DEADLOCK", TRAFFIC("100.0", "0", "0", "93.0") ",\"signature\":\"a <- b\"") \
	RECORD("infra", "INFRA", TRAFFIC("0.0", "0", "0", "0.0"))

static char *table_of(const char *plan, const char *lines)
{
	g_autoptr(GError) error = NULL;
	SCOPED(campaign) c = campaign_parse(plan, "t.campaign", &error);
	g_autofree char *folder = g_dir_make_tmp("netswap-campaign-XXXXXX", NULL);
	g_autofree char *file = g_build_filename(folder, "records", NULL);
	g_autoptr(GPtrArray) records = NULL;
	g_autoptr(GPtrArray) tallies = NULL;

	g_assert_no_error(error);
	g_assert_true(g_file_set_contents(file, lines, -1, NULL));
	records = records_read(file, &error);
	g_assert_no_error(error);
	g_unlink(file);
	g_rmdir(folder);
	tallies = tally_count(c, records, NULL);
	return campaign_table(c, tallies);
}

static void test_traffic_table(void)
{
	g_autofree char *table = table_of(TRAFFIC_PLAN, TRAFFIC_RECORDS);

	g_assert_cmpstr(
		table, ==,
		"| cell | scenario | seen | worst stall, s | back after, s | out, MiB/s | in, "
		"MiB/s | signature |\n"
		"|---|---|---|---|---|---|---|---|\n"
		"| one | nbd/anon | PASS 1 | 2.5 | 0.5 | 10.0 | 5.0 |  |\n"
		"| three | nbd/anon | PASS 3 | 4.0 (1.0\u20139.0) | 5.0 (3.0\u201312.0) | 2.0 "
		"(1.0\u20133.0) | 0.0 (0.0\u20130.0) |  |\n"
		/* The median of two is between them; of one that came back, it is that. */
		"| two | nbd/anon | PASS 2 | 1.5 (1.0\u20132.0) | 7.0 | 2.5 (1.0\u20134.0) | 0.0 "
		"(0.0\u20130.0) |  |\n"
		/* Nothing is known of the time before there were such figures. */
		"| old | nbd/anon | PASS 1 |  |  |  |  |  |\n"
		"| mixed | nbd/anon | PASS 2 | 3.0 | 0.0 | 1.0 | 2.0 |  |\n"
		"| hung | nbd/anon | DEADLOCK 1 | 93.0 |  | 0.0 | 0.0 | `a <- b` |\n"
		/* It never came to its pressure. */
		"| infra | nbd/anon | INFRA 1 |  |  |  |  |  |\n"
		"| none | nbd/anon | not run yet |  |  |  |  |  |\n");
}

/* What a run says is what the table's rows are made of. */
static void test_traffic_records(void)
{
	g_autoptr(GError) error = NULL;
	SCOPED(campaign) c = campaign_parse(PLAN, "t.campaign", &error);
	g_autofree char *folder = g_dir_make_tmp("netswap-campaign-XXXXXX", NULL);
	g_autofree char *file = g_build_filename(folder, "records", NULL);
	struct run_result result = { .dir = (char *)"/somewhere/run-1",
				     .scenario = (char *)"nbd/anon",
				     .signature = (char *)"",
				     .kernel = (char *)"6.12",
				     .traffic = { .pressed_us = 61500000,
						  .stall_us = 2250000,
						  .recovered_us = -1,
						  .out_pages = 70000,
						  .in_pages = 6000 } };
	g_autoptr(GPtrArray) records = NULL;

	for (guint i = 0; i < 2; i++) {
		g_assert_true(records_append(file, g_ptr_array_index(c->cells, 0), "i", "alone",
					     &result, &error));
		result.traffic.recovered_us = 0;
	}
	records = records_read(file, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(records->len, ==, 2);
	for (guint i = 0; i < records->len; i++) {
		const struct record_line *line = g_ptr_array_index(records, i);

		g_assert_cmpfloat(line->pressed_s, ==, 61.5);
		g_assert_cmpfloat(line->stall_s, ==, 2.25);
		g_assert_cmpfloat(line->recovered_s, ==, i ? 0 : -1);
		g_assert_cmpint(line->out_pages, ==, 70000);
		g_assert_cmpint(line->in_pages, ==, 6000);
	}
	g_unlink(file);
	g_rmdir(folder);
}

/* A line that was cut off costs itself, and not the next one. */
static void test_cut_off(void)
{
	g_autoptr(GError) error = NULL;
	SCOPED(campaign) c = campaign_parse(PLAN, "t.campaign", &error);
	const struct cell *with = g_ptr_array_index(c->cells, 0);
	g_autofree char *folder = g_dir_make_tmp("netswap-campaign-XXXXXX", &error);
	g_autofree char *file = g_build_filename(folder, "records", NULL);
	g_autoptr(GPtrArray) records = NULL;

	append(file, with, "i", VERDICT_PASS, 1, "");
	g_assert_cmpint(truncate(file, 40), ==, 0);
	append(file, with, "i", VERDICT_PASS, 2, "");
	records = records_read(file, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(records->len, ==, 1);
	g_unlink(file);
	g_rmdir(folder);
}

int main(int argc, char **argv)
{
	g_unsetenv("NETSWAP_DATA");
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/campaign/plan", test_plan);
	g_test_add_func("/campaign/table-line", test_table_line);
	g_test_add_func("/campaign/settle", test_settle);
	g_test_add_func("/campaign/records", test_records);
	g_test_add_func("/campaign/later-keys", test_later_keys);
	g_test_add_func("/campaign/traffic-table", test_traffic_table);
	g_test_add_func("/campaign/traffic-records", test_traffic_records);
	g_test_add_func("/campaign/cut-off", test_cut_off);
	return g_test_run();
}
