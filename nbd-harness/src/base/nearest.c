// SPDX-License-Identifier: GPL-2.0-only
#include "base/nearest.h"

#include <string.h>

#define WORD_MAX 64u

/* Levenshtein's distance: insertions, deletions and replacements between @a and @b. */
static guint distance(const char *a, const char *b)
{
	guint row[WORD_MAX + 1];
	gsize length = strlen(b);

	for (guint j = 0; j <= length; j++)
		row[j] = j;
	for (guint i = 1; *a; i++, a++) {
		guint diagonal = row[0];

		row[0] = i;
		for (guint j = 1; j <= length; j++) {
			guint replaced = diagonal + (*a != b[j - 1]);

			diagonal = row[j];
			row[j] = MIN(replaced, MIN(row[j], row[j - 1]) + 1);
		}
	}
	return row[length];
}

void nearest_offer(struct nearest *near, const char *name)
{
	gsize length = strlen(near->word);
	guint d;

	if (length > WORD_MAX || strlen(name) > WORD_MAX)
		return;
	d = distance(near->word, name);
	/*
	 * More than a third of the word wrong is another word, not a slip; in short
	 * words two swapped letters still are one.
	 */
	if (d >= length || d > MAX(2, (length + 2) / 3) || (near->best[0] && d >= near->distance))
		return;
	near->distance = d;
	g_strlcpy(near->best, name, sizeof(near->best));
}

char *nearest_hint(const struct nearest *near)
{
	return near->best[0] ? g_strdup_printf("; did you mean %s?", near->best) : g_strdup("");
}
