// SPDX-License-Identifier: GPL-2.0-only
/* The host's time stamp counter, as measured in 20 ms, against half a second of the clock. */
#include "machine/tsc.h"

#include <time.h>
#include <x86intrin.h>

static gint64 now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_RAW, &t);
	return (gint64)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void test_khz(void)
{
	guint khz = tsc_khz();
	gint64 from_ns = now_ns();
	guint64 from = __rdtsc();

	g_usleep(500000);

	double longer = (double)(__rdtsc() - from) * 1e6 / (double)(now_ns() - from_ns);

	g_assert_cmpuint(khz, ==, tsc_khz());
	g_assert_cmpfloat_with_epsilon(khz / longer, 1, 0.01);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/tsc/khz", test_khz);
	return g_test_run();
}
