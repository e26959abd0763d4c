/* SPDX-License-Identifier: GPL-2.0-only */
/* A small table of texts, to be shown as columns of text or as HTML. */
#ifndef NETSWAP_REPORT_TABLE_H
#define NETSWAP_REPORT_TABLE_H

#include <glib.h>

#include "base/scope.h"

#define TABLE_COLUMNS_MAX 12

struct table {
	const char *title;
	const char *const *columns; /* NULL-terminated; one that begins with '#' holds numbers */
	GPtrArray *rows;	    /* of GStrv, as long as columns */
};

/* @title and @columns must outlive the table. */
struct table *table_new(const char *title, const char *const *columns);
void table_free(struct table *t);
DEFINE_SCOPED(table, table_free)

/* Append a row of cells (char *, which the table takes), NULL-terminated; missing ones are empty.
 */
void table_row(struct table *t, ...) G_GNUC_NULL_TERMINATED;

/* How a column is called, without its mark. */
const char *table_column_name(const char *column);
gboolean table_column_is_number(const char *column);

/* At most @rows_max rows each, and a line about the rest. */
void table_to_text(const struct table *t, guint rows_max, GString *out);
void table_to_html(const struct table *t, guint rows_max, GString *out);

#endif
