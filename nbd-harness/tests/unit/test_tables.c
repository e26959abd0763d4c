// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tables that lie in different rooms and must name the same things: scenario/
 * declares what a file may say, the rooms above it do it.
 */
#include <glib.h>

#include "machine/server.h"
#include "scenario/keys.h"

static void test_backends(void)
{
	guint i;

	for (i = 0; server_ops_table[i]; i++)
		g_assert_cmpstr(server_ops_table[i]->name, ==, backend_table[i].name);
	g_assert_null(backend_table[i].name);
	g_assert_true(server_ops_find(scenario_key_find("swap", "backend")->fallback) ==
		      server_ops_table[0]);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/tables/backends", test_backends);
	return g_test_run();
}
