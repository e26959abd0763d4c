// SPDX-License-Identifier: GPL-2.0-only
/* What a fault of the link changes, and what tc is told. */
#include "machine/shape.h"

static void says(const struct scenario_shape *shape, const char *wanted)
{
	g_autofree char *got = shape_netem(shape);

	g_assert_cmpstr(got, ==, wanted);
}

static void test_wire(void)
{
	struct scenario_shape wire = { 0 };

	says(&wire, "limit 20000 delay 0ms 0ms loss 0% duplicate 0% corrupt 0% rate 0bps");
}

static void test_link(void)
{
	struct scenario_shape usual = { .delay_ms = 10, .loss_percent = 1 };
	struct scenario_fault fault = { .kind = FAULT_LINK,
					.shape = { .loss_percent = 5,
						   .jitter_ms = 3,
						   .reorder_percent = 20,
						   .rate_bytes_per_s = 1 << 20 } };
	struct scenario_shape now = shape_with(usual, &fault);

	says(&now, "limit 20000 delay 10ms 3ms loss 5% duplicate 0% corrupt 0% rate 1048576bps "
		   "reorder 20%");
	says(&usual, "limit 20000 delay 10ms 0ms loss 1% duplicate 0% corrupt 0% rate 0bps "
		     "reorder 0%");
}

static void test_partition(void)
{
	struct scenario_shape usual = { .delay_ms = 10 };
	struct scenario_fault fault = { .kind = FAULT_PARTITION };
	struct scenario_shape now = shape_with(usual, &fault);

	says(&now, "limit 20000 delay 10ms 0ms loss 100% duplicate 0% corrupt 0% rate 0bps "
		   "reorder 0%");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/shape/wire", test_wire);
	g_test_add_func("/shape/link", test_link);
	g_test_add_func("/shape/partition", test_partition);
	return g_test_run();
}
