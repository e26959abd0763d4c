// SPDX-License-Identifier: GPL-2.0-only
#include "campaign/plan.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "scenario/document.h"

#define FOLDER	"nbd-harness/campaigns"
#define COLUMNS 4 /* before the settings */

static void cell_free(gpointer data)
{
	struct cell *cell = data;

	g_free(cell->name);
	g_free(cell->predicted);
	g_strfreev(cell->sets);
	g_clear_pointer(&cell->scenario, scenario_free);
	g_free(cell->where);
	g_free(cell);
}

void campaign_free(struct campaign *c)
{
	g_ptr_array_unref(c->cells);
	g_free(c->name);
	g_free(c);
}

/* "4/5", "0/5", "-/5" */
static gboolean parse_question(const char *word, struct question *q)
{
	g_auto(GStrv) parts = g_strsplit(word, "/", 2);
	guint64 k = 0, n;

	if (g_strv_length(parts) != 2 ||
	    !g_ascii_string_to_unsigned(parts[1], 10, 1, CAMPAIGN_RUNS_MAX, &n, NULL))
		return FALSE;
	if (!strcmp(parts[0], "-"))
		q->kind = QUESTION_COUNT;
	else if (!g_ascii_string_to_unsigned(parts[0], 10, 0, n, &k, NULL))
		return FALSE;
	else
		q->kind = k ? QUESTION_AT_LEAST : QUESTION_NONE;
	q->k = k;
	q->n = n;
	return TRUE;
}

static gboolean name_is_new(const struct campaign *c, const char *name, const char *where,
			    GError **error)
{
	for (guint i = 0; i < c->cells->len; i++) {
		const struct cell *other = g_ptr_array_index(c->cells, i);

		if (!strcmp(other->name, name))
			return error_at(error, where, "the name %s is taken by %s; choose another",
					name, other->where);
	}
	return TRUE;
}

static gboolean add_cell(struct campaign *c, char **words, const char *where, GError **error)
{
	struct cell *cell;

	if (g_strv_length(words) < COLUMNS)
		return error_at(
			error, where,
			"a cell is NAME QUESTION PREDICTED SCENARIO [SECTION.KEY=VALUE]…, this "
			"line has %u words",
			g_strv_length(words));
	if (c->cells->len == CAMPAIGN_CELLS_MAX)
		return error_at(error, where, "more than %u cells; make two campaigns of it",
				CAMPAIGN_CELLS_MAX);
	if (!name_is_new(c, words[0], where, error))
		return FALSE;
	cell = g_new0(struct cell, 1);
	g_ptr_array_add(c->cells, cell);
	cell->name = g_strdup(words[0]);
	cell->where = g_strdup(where);
	if (!parse_question(words[1], &cell->question))
		return error_at(error, where,
				"%s is no question; write 4/5 (do at least 4 of 5 runs fail?), 0/5 "
				"(does none?) or -/5 (how many do?), with at most %u runs",
				words[1], CAMPAIGN_RUNS_MAX);
	cell->predicted = g_strdup(words[2]);
	cell->sets = g_strdupv(words + COLUMNS);
	cell->scenario = scenario_load(words[3], cell->sets, error);
	if (!cell->scenario)
		g_prefix_error(error, "%s: ", where);
	return cell->scenario != NULL;
}

static gboolean choose_table(struct campaign *c, char **words, const char *where, GError **error)
{
	c->traffic = g_strv_length(words) == 2 && !strcmp(words[1], "traffic");
	return c->traffic || error_at(error, where, "the only table to ask for is: table traffic");
}

static gboolean add_line(struct campaign *c, const char *line, const char *where, GError **error)
{
	g_autoptr(GError) cause = NULL;
	g_auto(GStrv) words = NULL;

	if (*line == '#')
		return TRUE;
	if (g_shell_parse_argv(line, NULL, &words, &cause))
		return strcmp(words[0], "table") ? add_cell(c, words, where, error)
						 : choose_table(c, words, where, error);
	return g_error_matches(cause, G_SHELL_ERROR, G_SHELL_ERROR_EMPTY_STRING) ||
	       error_at(error, where, "%s", cause->message);
}

struct campaign *campaign_parse(const char *text, const char *file, GError **error)
{
	SCOPED(campaign) c = g_new0(struct campaign, 1);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	g_autofree char *base = g_path_get_basename(file);

	c->cells = g_ptr_array_new_with_free_func(cell_free);
	c->name = g_strndup(base, g_str_has_suffix(base, CAMPAIGN_SUFFIX)
					  ? strlen(base) - strlen(CAMPAIGN_SUFFIX)
					  : strlen(base));
	for (guint i = 0; lines[i]; i++) {
		g_autofree char *where = g_strdup_printf("%s:%u", base, i + 1);

		if (!add_line(c, lines[i], where, error))
			return NULL;
	}
	if (!c->cells->len) {
		error_at(error, file, "no cell in it; write one line for each");
		return NULL;
	}
	return g_steal_pointer(&c);
}

static char *shipped_file(const char *name)
{
	g_autofree char *base = g_strconcat(name, CAMPAIGN_SUFFIX, NULL);

	return g_build_filename(netswap_data_dir(), FOLDER, base, NULL);
}

GPtrArray *campaign_names(void)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *folder = g_build_filename(netswap_data_dir(), FOLDER, NULL);
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *base;

	while (dir && (base = g_dir_read_name(dir))) {
		if (g_str_has_suffix(base, CAMPAIGN_SUFFIX))
			g_ptr_array_add(names,
					g_strndup(base, strlen(base) - strlen(CAMPAIGN_SUFFIX)));
	}
	g_ptr_array_sort(names, text_compare);
	return names;
}

char *campaign_about(const char *name)
{
	g_autofree char *file = shipped_file(name);
	g_autofree char *text = NULL;

	return g_file_get_contents(file, &text, NULL, NULL) ? document_about(text) : g_strdup("");
}

struct campaign *campaign_load(const char *name_or_file, GError **error)
{
	g_autofree char *shipped = shipped_file(name_or_file);
	const char *file = g_file_test(shipped, G_FILE_TEST_IS_REGULAR) ? shipped : name_or_file;
	g_autofree char *text = NULL;

	if (g_file_get_contents(file, &text, NULL, NULL))
		return campaign_parse(text, file, error);
	g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE,
		    "no campaign or file %s (" FOLDER " has those that ship)", name_or_file);
	return NULL;
}
