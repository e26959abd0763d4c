// SPDX-License-Identifier: GPL-2.0-only
/*
 * netswap run: scenarios x seeds -> verdicts.
 *
 * One run at a time in this process; with --jobs each run is this program
 * again, with --json, and its line is passed on.  Results go to standard
 * output (one line a run), progress to standard error.
 */
#include <gio/gio.h>
#include <glib-unix.h>
#include <json-glib/json-glib.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/error.h"
#include "base/json.h"
#include "base/options.h"
#include "base/progress.h"
#include "cmd.h"
#include "report/report.h"
#include "run/run.h"

static gboolean json, no_observer, measure_stops, shell_on_failure;
static gint64 seed = 1;
static int repeat = 1, jobs = 1;
static char *out_dir;
static char **sets;

static const GOptionEntry entries[] = {
	{ "json", 0, 0, G_OPTION_ARG_NONE, &json, "Print one JSON object per run and line", NULL },
	{ "seed", 0, 0, G_OPTION_ARG_INT64, &seed, "Seed of the first run (default 1)", "N" },
	{ "repeat", 0, 0, G_OPTION_ARG_INT, &repeat,
	  "Run each scenario N times, with seeds rising by one", "N" },
	{ "jobs", 0, 0, G_OPTION_ARG_INT, &jobs,
	  "Run N at once (more than one per two host CPUs slows all of them)", "N" },
	{ "out", 0, 0, G_OPTION_ARG_FILENAME, &out_dir,
	  "Put run directories into DIR (default " RUN_DIRS ")", "DIR" },
	{ "set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &sets,
	  "Override a key of the scenario; may be given again", "SECTION.KEY=VALUE" },
	{ "no-observer", 0, 0, G_OPTION_ARG_NONE, &no_observer,
	  "Leave guest memory unread, to measure what reading costs; no hang is found then", NULL },
	{ "shell-on-failure", 0, 0, G_OPTION_ARG_NONE, &shell_on_failure,
	  "When a verdict is not the expected one, keep the machine, with this terminal on its "
	  "console",
	  NULL },
	{ "measure-stops", 0, 0, G_OPTION_ARG_NONE, &measure_stops,
	  "Read a snapshot with every sample, to measure how long that stops the VM", NULL },
	{ NULL, 0, 0, 0, NULL, NULL, NULL },
};

static const char about[] =
	"A SCENARIO is a name from 'netswap list scenarios' or a file (netswap-scenario(5)).\n"
	"Exit status: 0 every verdict as expected, 1 some not, 2 usage or scenario error,\n"
	"125 infrastructure failed or inconclusive.";

/* What became of all runs. */
struct tally {
	guint runs, as_expected;
	guint undecided; /* not as expected, but INFRA or INCONCLUSIVE */
	guint verdicts[VERDICTS];
};

static void count(struct tally *t, enum verdict v, gboolean as_expected)
{
	t->runs++;
	t->verdicts[v]++;
	t->as_expected += as_expected;
	t->undecided += !as_expected && (v == VERDICT_INFRA || v == VERDICT_INCONCLUSIVE);
}

static int exit_status(const struct tally *t)
{
	if (t->as_expected == t->runs)
		return NETSWAP_EXIT_AS_EXPECTED;
	return t->as_expected + t->undecided < t->runs ? NETSWAP_EXIT_UNEXPECTED
						       : NETSWAP_EXIT_INFRA;
}

static const char *colour(gboolean good)
{
	if (!isatty(STDOUT_FILENO))
		return "";
	return good ? "\033[32m" : "\033[31m";
}

static void print_json(const struct run_result *r)
{
	g_autoptr(JsonBuilder) b = json_builder_new();

	json_builder_begin_object(b);
	run_result_to_json(r, b);
	json_builder_end_object(b);

	g_autofree char *text = json_built(b, FALSE);

	g_print("%s\n", text);
}

static void print_line(const char *scenario, const char *verdict, const char *expected,
		       gboolean as_expected, gint64 run_seed, double duration_s, const char *dir)
{
	g_autofree char *unexpected = as_expected ? g_strdup("")
						  : g_strdup_printf(" (expected %s)", expected);

	g_print("%s%s%s%s  %s  seed %" G_GINT64_FORMAT "  %.1f s  %s/report.txt\n",
		colour(as_expected), verdict, *colour(TRUE) ? "\033[0m" : "", unexpected, scenario,
		run_seed, duration_s, dir);
}

static gboolean run_here(const struct scenario *s, gint64 with_seed, struct tally *tally,
			 GError **error)
{
	struct run_options options = { .seed = with_seed,
				       .observer_off = no_observer,
				       .report = report_write,
				       .measure_stops = measure_stops,
				       .shell_on_failure = shell_on_failure };
	struct run_result result;

	if (!run_seed(s, &options, out_dir ? out_dir : RUN_DIRS, &result, error))
		return FALSE;
	count(tally, result.verdict, result.as_expected);
	if (json)
		print_json(&result);
	else
		print_line(s->name, verdict_name(result.verdict), verdict_name(result.expected),
			   result.as_expected, options.seed, result.duration_us / 1e6, result.dir);
	run_result_clear(&result);
	return !run_interrupted();
}

/* --- several at once --------------------------------------------------- */

struct pool {
	GQueue todo, running; /* of struct job */
	struct tally *tally;
	GMainLoop *loop;
	GError *error; /* the first */
};

struct job {
	struct pool *pool;
	const char *scenario;
	gint64 seed;
	GSubprocess *process;
};

static void start_jobs(struct pool *pool);

static void take_line(struct pool *pool, const char *line)
{
	g_autoptr(JsonNode) node = json_from_string(line, NULL);
	enum verdict v;

	if (!node || !JSON_NODE_HOLDS_OBJECT(node))
		return;

	JsonObject *o = json_node_get_object(node);
	const char *verdict = json_object_get_string_member_with_default(o, "verdict", "");
	gboolean as_expected = json_object_get_boolean_member_with_default(o, "as_expected", FALSE);

	if (!verdict_parse(verdict, &v))
		return;
	count(pool->tally, v, as_expected);
	if (json)
		g_print("%s\n", line);
	else
		print_line(json_object_get_string_member(o, "scenario"), verdict,
			   json_object_get_string_member(o, "expected"), as_expected,
			   json_object_get_int_member(o, "seed"),
			   json_object_get_double_member(o, "duration_s"),
			   json_object_get_string_member(o, "run_dir"));
}

static void on_job_end(GObject *source, GAsyncResult *result, gpointer data)
{
	struct job *job = data;
	struct pool *pool = job->pool;
	g_autofree char *text = NULL;
	guint before = pool->tally->runs;

	if (g_subprocess_communicate_utf8_finish(job->process, result, &text, NULL, NULL) && text) {
		g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

		for (char **line = lines; *line; line++)
			take_line(pool, *line);
	}
	if (pool->tally->runs == before && !pool->error)
		g_set_error(&pool->error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA,
			    "the run of %s with seed %" G_GINT64_FORMAT
			    " gave no verdict (its message is above)",
			    job->scenario, job->seed);
	g_queue_remove(&pool->running, job);
	g_object_unref(job->process);
	g_free(job);
	start_jobs(pool);
}

/* A job must not outlive us, whatever ends us. */
static void die_with_parent(gpointer data)
{
	prctl(PR_SET_PDEATHSIG, SIGTERM);
}

static void start_job(struct pool *pool, struct job *job)
{
	g_autoptr(GSubprocessLauncher)
		launcher = g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE);
	g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);

	g_ptr_array_add(argv, g_strdup("/proc/self/exe"));
	g_ptr_array_add(argv, g_strdup("run"));
	g_ptr_array_add(argv, g_strdup("--json"));
	g_ptr_array_add(argv, g_strdup_printf("--seed=%" G_GINT64_FORMAT, job->seed));
	if (no_observer)
		g_ptr_array_add(argv, g_strdup("--no-observer"));
	if (measure_stops)
		g_ptr_array_add(argv, g_strdup("--measure-stops"));
	if (out_dir)
		g_ptr_array_add(argv, g_strdup_printf("--out=%s", out_dir));
	for (char **set = sets; set && *set; set++)
		g_ptr_array_add(argv, g_strdup_printf("--set=%s", *set));
	g_ptr_array_add(argv, g_strdup(job->scenario));
	g_ptr_array_add(argv, NULL);

	g_subprocess_launcher_set_child_setup(launcher, die_with_parent, NULL, NULL);
	job->process = g_subprocess_launcher_spawnv(launcher, (const char *const *)argv->pdata,
						    pool->error ? NULL : &pool->error);
	if (!job->process) {
		g_free(job);
		return;
	}
	g_queue_push_tail(&pool->running, job);
	g_subprocess_communicate_utf8_async(job->process, NULL, NULL, on_job_end, job);
}

static void start_jobs(struct pool *pool)
{
	while (pool->running.length < (guint)jobs && !pool->error && !run_interrupted() &&
	       !g_queue_is_empty(&pool->todo))
		start_job(pool, g_queue_pop_head(&pool->todo));
	if (g_queue_is_empty(&pool->running))
		g_main_loop_quit(pool->loop);
}

/* Each running job gives its verdict, INFRA, before it ends; no other begins. */
static gboolean interrupt_jobs(gpointer data)
{
	struct pool *pool = data;

	run_interrupt();
	for (GList *at = pool->running.head; at; at = at->next)
		g_subprocess_send_signal(((struct job *)at->data)->process, SIGTERM);
	return G_SOURCE_CONTINUE;
}

static gboolean run_jobs(char **scenarios, struct tally *tally, GError **error)
{
	struct pool pool = { .todo = G_QUEUE_INIT, .running = G_QUEUE_INIT, .tally = tally };
	struct job *left;

	for (int i = 0; i < repeat; i++) {
		for (char **s = scenarios; *s; s++) {
			struct job *job = g_new0(struct job, 1);

			*job = (struct job){ &pool, *s, seed + i, NULL };
			g_queue_push_tail(&pool.todo, job);
		}
	}
	pool.loop = g_main_loop_new(NULL, FALSE);
	guint interrupt = g_unix_signal_add(SIGINT, interrupt_jobs, &pool);
	guint terminate = g_unix_signal_add(SIGTERM, interrupt_jobs, &pool);

	start_jobs(&pool);
	if (!g_queue_is_empty(&pool.running))
		g_main_loop_run(pool.loop);
	g_source_remove(interrupt);
	g_source_remove(terminate);
	g_main_loop_unref(pool.loop);
	while ((left = g_queue_pop_head(&pool.todo)))
		g_free(left);
	if (pool.error)
		g_propagate_error(error, pool.error);
	return !pool.error;
}

/* --- the command ------------------------------------------------------- */

static gboolean run_all(char **names, struct tally *tally, GError **error)
{
	g_autoptr(GPtrArray) scenarios = g_ptr_array_new();
	gboolean ok = TRUE;

	/* All are read before the first one runs: a mistake in the last costs no time. */
	for (char **name = names; *name && ok; name++) {
		struct scenario *s = scenario_load(*name, sets, error);

		if (s)
			g_ptr_array_add(scenarios, s);
		ok = s != NULL;
	}
	if (ok && jobs > 1) {
		ok = run_jobs(names, tally, error);
	} else {
		for (int i = 0; i < repeat && ok; i++) {
			for (guint k = 0; k < scenarios->len && ok; k++)
				ok = run_here(g_ptr_array_index(scenarios, k), seed + i, tally,
					      error);
		}
	}
	for (guint i = 0; i < scenarios->len; i++)
		scenario_free(g_ptr_array_index(scenarios, i));
	return ok;
}

static void print_tally(const struct tally *t)
{
	if (json || t->runs < 2)
		return;
	g_print("%u of %u as expected:", t->as_expected, t->runs);
	for (int v = 0; v < VERDICTS; v++) {
		if (t->verdicts[v])
			g_print(" %u %s", t->verdicts[v], verdict_name(v));
	}
	g_print("\n");
}

int cmd_run(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	struct tally tally = { 0 };

	if (!options_parse(&argc, &argv, entries, "SCENARIO…", about, &error))
		return options_fail(error);
	if (argc < 2 || repeat < 1 || jobs < 1 || seed < 0) {
		g_set_error(
			&error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE,
			argc < 2 ? "no scenario named; 'netswap list scenarios' shows what there is"
				 : "--repeat and --jobs take a number from 1, --seed one from 0");
		return options_fail(error);
	}
	if (shell_on_failure && jobs > 1) {
		g_set_error(&error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE,
			    "--shell-on-failure gives one terminal to one run: it takes no --jobs");
		return options_fail(error);
	}
	if (!run_all(argv + 1, &tally, &error) && error) {
		print_tally(&tally);
		return options_fail(error);
	}
	print_tally(&tally);
	return run_interrupted() ? NETSWAP_EXIT_INFRA : exit_status(&tally);
}
