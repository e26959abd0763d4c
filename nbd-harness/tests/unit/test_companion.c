// SPDX-License-Identifier: GPL-2.0-only
/*
 * A companion of the pressure is no pressure: what it does is no progress, it
 * raises no floor, and the guest's script starts it with its own keys.  That it
 * failed, however, is to be known.
 */
#include <board.h>
#include <glib.h>
#include <string.h>

#include "guest/observer.h"
#include "run/limits.h"
#include "run/script.h"

#define MAIN  "# Pressed\n[pressure main]\ntotal=256M\npasses=3\n"
#define FLOOD "[pressure x]\nworkload=flood\nprocesses=2\nstart_after=2s\nrate=500\n"

static struct scenario *parse(const char *text)
{
	g_autoptr(GError) error = NULL;
	struct scenario *s = scenario_parse(text, strlen(text), "t.scn", NULL, &error);

	g_assert_no_error(error);
	return s;
}

static void test_slots(void)
{
	g_autofree struct board *board = g_malloc0(sizeof(*board));
	struct sample s = { 0 };

	board->slots_used = 4;
	for (guint i = 0; i < board->slots_used; i++) {
		board->slots[i].state = BOARD_SLOT_RUNNING;
		board->slots[i].pages_touched = 100;
		board->slots[i].pages_total = 50;
		board->slots[i].companion = i % 2;
	}
	observer_sample_board(board, &s);
	g_assert_cmpint(s.slots_running, ==, 2);
	g_assert_cmpint(s.touched_pages, ==, 200);
	g_assert_cmpint(s.pass_pages, ==, 100);

	board->slots[1].state = BOARD_SLOT_FAILED;
	board->slots[3].state = BOARD_SLOT_KILLED;
	observer_sample_board(board, &s);
	g_assert_cmpint(s.slots_failed, ==, 1);
	g_assert_cmpint(s.slots_killed, ==, 1);
	g_assert_cmpint(s.slots_running, ==, 2);
}

static void test_floors(void)
{
	SCOPED(scenario) alone = parse(MAIN);
	SCOPED(scenario) both = parse(MAIN FLOOD);
	struct judge_config a = limits_of(alone), b = limits_of(both);

	g_assert_cmpint(a.floor_out_pages, ==, 2 * (128 << 8));
	g_assert_cmpint(b.floor_out_pages, ==, a.floor_out_pages);
	g_assert_cmpint(b.floor_in_pages, ==, a.floor_in_pages);
}

static void test_script(void)
{
	SCOPED(scenario) s = parse(MAIN FLOOD);
	struct kernel kernel = { .vmlinux = (char *)"vmlinux" };
	g_autofree char *script = script_write(s, &kernel, 7, FALSE, NULL);

	g_assert_nonnull(strstr(script, "\nstart 4 0 anon seed=7 total_bytes=268435456 passes=3 "
					"order=sequential write_percent=100\n"));
	g_assert_nonnull(strstr(script, "\nstart 2 2000 flood seed=7 peer=10.0.2.2 sockets=200 "
					"rcvbuf_bytes=163840 datagram_bytes=1472 rate=500\n"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/companion/slots", test_slots);
	g_test_add_func("/companion/floors", test_floors);
	g_test_add_func("/companion/script", test_script);
	return g_test_run();
}
