// SPDX-License-Identifier: GPL-2.0-only
/*
 * Any bytes as a scenario file: they load or are refused with a message, and
 * what loads is the same after a trip through its normalized text.
 */
#include <glib.h>
#include <stdint.h>
#include <string.h>

#include "scenario/scenario.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	g_autoptr(GError) error = NULL;
	SCOPED(scenario) s = scenario_parse((const char *)data, bytes, "fuzz.scn", NULL, &error);
	SCOPED(scenario) again = NULL;

	if (!s) {
		g_assert_nonnull(error);
		g_assert_true(g_utf8_validate(error->message, -1, NULL));
		return 0;
	}
	again = scenario_parse(s->text, strlen(s->text), "fuzz.scn", NULL, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(again->text, ==, s->text);
	return 0;
}
