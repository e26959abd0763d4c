// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest measures its TSC while it boots, against a timer that QEMU emulates.
 * On a busy host that goes wrong: by a factor of 13 (seen), and then all of its
 * clocks run 13 times too fast.  So we measure, and tell it.
 *
 * Each reading of the counter stands between two of the clock; of some, the one
 * with the least time between those counts, since nobody took the CPU away.
 */
#include "machine/tsc.h"

#include <time.h>
#include <x86intrin.h>

#define BETWEEN_US 20000
#define READINGS   16

struct reading {
	guint64 ticks;
	gint64 ns; /* CLOCK_MONOTONIC_RAW, in the middle */
};

static gint64 clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_RAW, &t);
	return (gint64)t.tv_sec * 1000000000 + t.tv_nsec;
}

static struct reading take_reading(void)
{
	struct reading best = { 0 };
	gint64 least_ns = G_MAXINT64;

	for (guint i = 0; i < READINGS; i++) {
		gint64 before_ns = clock_ns();
		guint64 ticks = __rdtsc();
		gint64 took_ns = clock_ns() - before_ns;

		if (took_ns < least_ns) {
			least_ns = took_ns;
			best = (struct reading){ ticks, before_ns + took_ns / 2 };
		}
	}
	return best;
}

guint tsc_khz(void)
{
	static guint khz;

	if (!khz) {
		struct reading from = take_reading(), to;

		g_usleep(BETWEEN_US);
		to = take_reading();
		khz = (to.ticks - from.ticks) * 1000000 / (guint64)(to.ns - from.ns);
	}
	return khz;
}
