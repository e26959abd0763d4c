// SPDX-License-Identifier: GPL-2.0-only
/* What a chart shows of an hour: few points, but none of the extremes is lost. */
#include <glib.h>
#include <math.h>

#include "report/series.h"

#define TICK_US 100000

static GArray *hour(void)
{
	GArray *samples = g_array_new(FALSE, FALSE, sizeof(struct sample));

	for (guint i = 0; i < 36000; i++) {
		struct sample s = { .host_us = (gint64)i * TICK_US,
				    .free_pages = 1000 + i % 7,
				    .swap_out_pages = (gint64)i * 256,
				    .nbd_oldest_ms = SAMPLE_UNKNOWN };

		if (i == 20001)
			s.free_pages = 3;
		if (i == 20002)
			s.free_pages = 9000;
		g_array_append_val(samples, s);
	}
	return samples;
}

static const struct point *at(const GArray *points, guint i)
{
	return &g_array_index(points, struct point, i);
}

static void test_thin_keeps_extremes(void)
{
	g_autoptr(GArray) samples = hour();
	g_autoptr(GArray) points = series_of(samples, SERIES_FREE);
	g_autoptr(GArray) thin = series_thin(points, 100);
	double least = INFINITY, most = 0;

	g_assert_cmpuint(points->len, ==, 36000);
	g_assert_cmpuint(thin->len, <=, 200);
	g_assert_cmpuint(thin->len, >=, 190);
	for (guint i = 0; i < thin->len; i++) {
		least = MIN(least, at(thin, i)->value);
		most = MAX(most, at(thin, i)->value);
		g_assert_true(i == 0 || at(thin, i)->t_s > at(thin, i - 1)->t_s);
	}
	g_assert_cmpfloat(least, ==, 3);
	g_assert_cmpfloat(most, ==, 9000);
}

static void test_worst(void)
{
	g_autoptr(GArray) samples = hour();
	g_autoptr(GArray) points = series_of(samples, SERIES_FREE);
	g_autofree double *worst = series_worst(points, SERIES_FREE, 3600, 10);

	/* Low is bad here; the peak beside it does not hide it. */
	g_assert_cmpfloat(worst[5], ==, 3);
	g_assert_cmpfloat(worst[4], ==, 1000);
	g_assert_cmpuint(series_intervals(3600), <=, 400);
	g_assert_cmpuint(series_intervals(0.1), ==, 1);
}

static void test_rates(void)
{
	g_autoptr(GArray) samples = hour();
	g_autoptr(GArray) points = series_of(samples, SERIES_OUT);

	for (guint i = 0; i < points->len; i++)
		g_assert_cmpfloat_with_epsilon(at(points, i)->value, 10, 1e-6);
}

/* What was not known is no zero, and no line leads through it. */
static void test_unknown(void)
{
	g_autoptr(GArray) samples = hour();
	g_autoptr(GArray) none = series_of(samples, SERIES_AGE);
	g_autofree double *worst = series_worst(none, SERIES_AGE, 3600, 10);
	g_autoptr(GArray) thin_none = series_thin(none, 10);
	g_autoptr(GArray) points = NULL;

	g_assert_cmpuint(none->len, ==, 0);
	g_assert_cmpuint(thin_none->len, ==, 0);
	g_assert_true(isnan(worst[3]));
	for (guint i = 100; i < 200; i++)
		g_array_index(samples, struct sample, i).free_pages = SAMPLE_UNKNOWN;
	points = series_of(samples, SERIES_FREE);
	g_assert_cmpuint(points->len, ==, 35900);
	g_assert_true(at(points, 100)->gap);
	g_assert_false(at(points, 101)->gap);
}

static void test_few(void)
{
	g_autoptr(GArray) samples = g_array_new(FALSE, FALSE, sizeof(struct sample));
	struct sample s = { .host_us = 5, .free_pages = 42 };

	g_array_append_val(samples, s);

	g_autoptr(GArray) points = series_of(samples, SERIES_FREE);
	g_autoptr(GArray) thin = series_thin(points, 400);
	g_autoptr(GArray) rates = series_of(samples, SERIES_OUT);

	g_assert_cmpuint(thin->len, ==, 1);
	g_assert_cmpfloat(at(thin, 0)->value, ==, 42);
	g_assert_cmpuint(rates->len, ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/series/thin-keeps-extremes", test_thin_keeps_extremes);
	g_test_add_func("/series/worst", test_worst);
	g_test_add_func("/series/rates", test_rates);
	g_test_add_func("/series/unknown", test_unknown);
	g_test_add_func("/series/few", test_few);
	return g_test_run();
}
