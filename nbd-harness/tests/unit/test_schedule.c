// SPDX-License-Identifier: GPL-2.0-only
/* The schedule of faults: when each begins, when it is taken back, and when it is left alone. */
#include "machine/schedule.h"

#include <string.h>

#include "base/error.h"

#define MIB (1ull << 20)

struct scene {
	struct scenario scenario;
	struct fault_ops ops;
	struct schedule *schedule;
	GString *said;	   /* "+a -a " */
	const char *over;  /* the fault that is over by itself; NULL: none */
	guint asked;	   /* whether one is */
	const char *fails; /* what cannot be done: "+a" */
};

static gboolean say(struct scene *s, char what, const struct scenario_fault *fault, GError **error)
{
	g_autofree char *word = g_strdup_printf("%c%s", what, fault->name);

	g_string_append_printf(s->said, "%s ", word);
	if (g_strcmp0(word, s->fails) != 0)
		return TRUE;
	g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA, "cannot %s", word);
	return FALSE;
}

static gboolean begin(const struct scenario_fault *fault, gpointer data, GError **error)
{
	return say(data, '+', fault, error);
}

static gboolean end(const struct scenario_fault *fault, gpointer data, GError **error)
{
	return say(data, '-', fault, error);
}

static gboolean is_over(const struct scenario_fault *fault, gpointer data)
{
	struct scene *s = data;

	s->asked++;
	return !g_strcmp0(s->over, fault->name);
}

static void scene_init(struct scene *s)
{
	s->scenario.faults = g_ptr_array_new();
	s->ops = (struct fault_ops){ .begin = begin, .end = end, .is_over = is_over };
	s->said = g_string_new(NULL);
}

static void scene_clear(struct scene *s)
{
	schedule_free(s->schedule);
	g_ptr_array_unref(s->scenario.faults);
	g_string_free(s->said, TRUE);
}
typedef struct scene scene;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(scene, scene_clear)

static void start(struct scene *s, struct scenario_fault *faults, guint n)
{
	for (guint i = 0; i < n; i++) {
		faults[i].chance_percent = faults[i].chance_percent ?: 100;
		g_ptr_array_add(s->scenario.faults, &faults[i]);
	}
	s->schedule = schedule_new(&s->scenario, 1, &s->ops, s);
}

static const struct sample quiet;

/* What was done at @ms. */
static void expect(struct scene *s, gint64 ms, const char *said)
{
	g_autoptr(GError) error = NULL;

	g_string_truncate(s->said, 0);
	g_assert_true(schedule_run(s->schedule, ms, &quiet, &error));
	g_assert_no_error(error);
	g_assert_cmpstr(s->said->str, ==, said);
}

static void test_for(void)
{
	g_auto(scene) s = { 0 };
	struct scenario_fault faults[] = {
		{ .name = (char *)"a", .at_ms = 100, .for_ms = 50 },
		{ .name = (char *)"b", .at_ms = 120, .for_ms = 1000 },
	};

	scene_init(&s);
	start(&s, faults, G_N_ELEMENTS(faults));
	expect(&s, 99, "");
	expect(&s, 110, "+a "); /* late: it lasts as long all the same */
	expect(&s, 130, "+b ");
	expect(&s, 159, "");
	expect(&s, 160, "-a ");
	expect(&s, 1129, "");
	expect(&s, 5000, "-b ");
	expect(&s, 100000, "");
}

static void test_is_over(void)
{
	g_auto(scene) s = { 0 };
	struct scenario_fault faults[] = { { .name = (char *)"a" }, { .name = (char *)"b" } };

	scene_init(&s);
	start(&s, faults, G_N_ELEMENTS(faults));
	s.over = "a";
	expect(&s, 0, "+a +b "); /* not before it began, nor at once */
	g_assert_cmpuint(s.asked, ==, 0);
	expect(&s, 1, "-a ");
	expect(&s, 2, "");
	s.over = NULL;
	expect(&s, 100000, "");
	s.over = "b";
	expect(&s, 100001, "-b ");
	s.asked = 0;
	expect(&s, 100002, "");
	g_assert_cmpuint(s.asked, ==, 0);
}

/* Without for=, and nobody who could say that it is over, it stays. */
static void test_never(void)
{
	g_auto(scene) s = { 0 };
	struct scenario_fault faults[] = { { .name = (char *)"a" },
					   { .name = (char *)"b", .for_ms = 10 } };

	scene_init(&s);
	s.ops.is_over = NULL;
	s.over = "a";
	start(&s, faults, G_N_ELEMENTS(faults));
	expect(&s, 0, "+a +b ");
	expect(&s, 10, "-b ");
	expect(&s, G_MAXINT64 / 2, "");
}

/* for= alone says when. */
static void test_for_rules(void)
{
	g_auto(scene) s = { 0 };
	struct scenario_fault faults[] = { { .name = (char *)"a", .for_ms = 100 } };

	scene_init(&s);
	s.over = "a";
	start(&s, faults, G_N_ELEMENTS(faults));
	expect(&s, 0, "+a ");
	expect(&s, 99, "");
	s.over = NULL;
	expect(&s, 100, "-a ");
	g_assert_cmpuint(s.asked, ==, 0);
}

static void test_after_swap_out(void)
{
	g_auto(scene) s = { 0 };
	g_autoptr(GError) error = NULL;
	struct scenario_fault faults[] = {
		{ .name = (char *)"a", .at_ms = 100, .after_swap_out_bytes = MIB },
	};
	struct sample now = { 0 };

	scene_init(&s);
	start(&s, faults, G_N_ELEMENTS(faults));
	now.swap_out_pages = 1000;
	g_assert_true(schedule_run(s.schedule, 50, &now, &error));
	now.swap_out_pages = 255;
	g_assert_true(schedule_run(s.schedule, 200, &now, &error));
	now.swap_out_pages = SAMPLE_UNKNOWN;
	g_assert_true(schedule_run(s.schedule, 300, &now, &error));
	g_assert_cmpstr(s.said->str, ==, "");
	now.swap_out_pages = 256;
	g_assert_true(schedule_run(s.schedule, 400, &now, &error));
	g_assert_cmpstr(s.said->str, ==, "+a ");
}

static void test_free_below(void)
{
	g_auto(scene) s = { 0 };
	g_autoptr(GError) error = NULL;
	struct sample now = { .min_pages = 100, .low_pages = 200 };
	struct scenario_fault faults[] = {
		{ .name = (char *)"a", .at_ms = 100, .free_below = WATERMARK_LOW },
		{ .name = (char *)"b", .at_ms = 100, .free_below = WATERMARK_MIN },
	};

	scene_init(&s);
	start(&s, faults, G_N_ELEMENTS(faults));
	g_assert_true(schedule_run(s.schedule, 50, &now, &error));
	now.free_pages = 200;
	g_assert_true(schedule_run(s.schedule, 100, &now, &error));
	now.free_pages = SAMPLE_UNKNOWN;
	g_assert_true(schedule_run(s.schedule, 200, &now, &error));
	g_assert_cmpstr(s.said->str, ==, "");
	now.free_pages = 199;
	g_assert_true(schedule_run(s.schedule, 300, &now, &error));
	g_assert_cmpstr(s.said->str, ==, "+a ");
	now.free_pages = 99;
	g_assert_true(schedule_run(s.schedule, 400, &now, &error));
	g_assert_cmpstr(s.said->str, ==, "+a +b ");
}

/* What could not be done is said, and not tried again. */
static void test_failures(void)
{
	static const char *const fails[] = { "+a", "-a" };

	for (guint i = 0; i < G_N_ELEMENTS(fails); i++) {
		g_auto(scene) s = { 0 };
		g_autoptr(GError) error = NULL;
		struct scenario_fault faults[] = { { .name = (char *)"a" } };

		scene_init(&s);
		s.fails = fails[i];
		s.over = "a";
		start(&s, faults, G_N_ELEMENTS(faults));
		g_assert_cmpint(schedule_run(s.schedule, 0, &quiet, &error), ==, i);
		g_assert_cmpint(i ? schedule_run(s.schedule, 1, &quiet, &error) : FALSE, ==, FALSE);
		g_assert_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA);
		g_clear_error(&error);
		s.fails = NULL;
		expect(&s, 2, i ? "" : "-a ");
		expect(&s, 3, "");
	}
}

/* When the only fault begins with @seed; -1: never. */
static gint64 drawn_ms(guint64 seed, struct scenario_fault fault)
{
	g_auto(scene) s = { 0 };
	gint64 ms = 0;

	scene_init(&s);
	g_ptr_array_add(s.scenario.faults, &fault);
	s.schedule = schedule_new(&s.scenario, seed, &s.ops, &s);
	while (!s.said->len && ms < 1000)
		g_assert_true(schedule_run(s.schedule, ms++, &quiet, NULL));
	return s.said->len ? ms - 1 : -1;
}

/* The same for a seed, another for another fault, and about as often as asked for. */
static void test_draws(void)
{
	struct scenario_fault a = { .name = (char *)"a", .at_ms = 100, .within_ms = 300 };
	struct scenario_fault b = { .name = (char *)"b", .at_ms = 100, .within_ms = 300 };
	guint had = 0, alike = 0, early = 0;

	a.chance_percent = 30;
	b.chance_percent = 100;
	for (guint64 seed = 1; seed <= 400; seed++) {
		gint64 at = drawn_ms(seed, a), always = drawn_ms(seed, b);

		g_assert_cmpint(at, ==, drawn_ms(seed, a));
		g_assert_true(at == -1 || (at >= 100 && at <= 400));
		g_assert_true(always >= 100 && always <= 400);
		had += at >= 0;
		alike += at == always;
		early += always < 250;
	}
	g_assert_true(had > 80 && had < 160);
	g_assert_cmpuint(alike, <, 10);
	g_assert_true(early > 150 && early < 250);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/schedule/for", test_for);
	g_test_add_func("/schedule/is-over", test_is_over);
	g_test_add_func("/schedule/never", test_never);
	g_test_add_func("/schedule/for-rules", test_for_rules);
	g_test_add_func("/schedule/after-swap-out", test_after_swap_out);
	g_test_add_func("/schedule/free-below", test_free_below);
	g_test_add_func("/schedule/failures", test_failures);
	g_test_add_func("/schedule/draws", test_draws);
	return g_test_run();
}
