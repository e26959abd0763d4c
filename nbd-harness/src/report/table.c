// SPDX-License-Identifier: GPL-2.0-only
#include "report/table.h"

#include <string.h>

#include "base/text.h"
#include "report/markup.h"

struct table *table_new(const char *title, const char *const *columns)
{
	struct table *t = g_new0(struct table, 1);

	g_assert(g_strv_length((char **)columns) <= TABLE_COLUMNS_MAX);
	t->title = title;
	t->columns = columns;
	t->rows = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
	return t;
}

void table_free(struct table *t)
{
	g_ptr_array_unref(t->rows);
	g_free(t);
}

void table_row(struct table *t, ...)
{
	guint n = g_strv_length((char **)t->columns);
	char **row = g_new0(char *, n + 1), *cell;
	guint i = 0;
	va_list ap;

	va_start(ap, t);
	while ((cell = va_arg(ap, char *)) && i < n)
		row[i++] = cell;
	va_end(ap);
	while (i < n)
		row[i++] = g_strdup("");
	g_ptr_array_add(t->rows, row);
}

gboolean table_column_is_number(const char *column)
{
	return *column == '#';
}

const char *table_column_name(const char *column)
{
	return column + table_column_is_number(column);
}

static char **row_at(const struct table *t, guint i)
{
	return g_ptr_array_index(t->rows, i);
}

static void add_cell(GString *line, const char *text, guint width, gboolean number)
{
	guint pad = width - MIN(strlen(text), width);

	g_string_append_printf(line, "  %*s%s%*s", number ? (int)pad : 0, "", text,
			       number ? 0 : (int)pad, "");
}

static void add_line(const struct table *t, char **cells, const guint *widths, GString *out)
{
	g_autoptr(GString) line = g_string_new(NULL);

	for (guint c = 0; t->columns[c]; c++)
		add_cell(line, cells ? cells[c] : table_column_name(t->columns[c]), widths[c],
			 table_column_is_number(t->columns[c]));
	text_line(out, "%s", g_strchomp(line->str));
}

void table_to_text(const struct table *t, guint rows_max, GString *out)
{
	guint widths[TABLE_COLUMNS_MAX], shown = MIN(t->rows->len, rows_max);

	for (guint c = 0; t->columns[c]; c++) {
		widths[c] = strlen(table_column_name(t->columns[c]));
		for (guint i = 0; i < shown; i++)
			widths[c] = MAX(widths[c], strlen(row_at(t, i)[c]));
	}
	text_line(out, "%s:", t->title);
	add_line(t, NULL, widths, out);
	for (guint i = 0; i < shown; i++)
		add_line(t, row_at(t, i), widths, out);
	if (shown < t->rows->len)
		text_line(out, "  and %u more", t->rows->len - shown);
}

void table_to_html(const struct table *t, guint rows_max, GString *out)
{
	guint shown = MIN(t->rows->len, rows_max);

	if (*t->title)
		markup_add(out, "<h3>%s</h3>\n", t->title);
	markup_raw(out, "<div class=\"scroll\"><table>\n<thead><tr>");
	for (guint c = 0; t->columns[c]; c++)
		markup_add(out, "<th scope=\"col\" class=\"%s\">%s</th>",
			   table_column_is_number(t->columns[c]) ? "number" : "text",
			   table_column_name(t->columns[c]));
	markup_raw(out, "</tr></thead>\n<tbody>\n");
	for (guint i = 0; i < shown; i++) {
		markup_raw(out, "<tr>");
		for (guint c = 0; t->columns[c]; c++)
			markup_add(out, "<td class=\"%s\">%s</td>",
				   table_column_is_number(t->columns[c]) ? "number" : "text",
				   row_at(t, i)[c]);
		markup_raw(out, "</tr>\n");
	}
	markup_raw(out, "</tbody></table></div>\n");
	if (shown < t->rows->len)
		markup_add(out, "<p class=\"note\">and %u more</p>\n", t->rows->len - shown);
}
