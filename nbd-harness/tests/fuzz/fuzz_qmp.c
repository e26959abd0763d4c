// SPDX-License-Identifier: GPL-2.0-only
/*
 * libFuzzer target: qmp_reader must survive any bytes in any chunks, and what
 * it makes of them must not depend on the chunks.  The first byte says how
 * long the chunks are.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "machine/qmp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Feed all of it; returns the number of messages, negated minus one when refused. */
static int feed(const char *text, gsize bytes, gsize chunk)
{
	struct qmp_reader *r = qmp_reader_new();
	g_autoptr(GError) error = NULL;
	JsonObject *message;
	gboolean good = TRUE;
	int count = 0;

	for (gsize at = 0; good && at < bytes; at += chunk)
		good = qmp_reader_feed(r, text + at, MIN(chunk, bytes - at), &error);
	while ((message = qmp_reader_next(r))) {
		json_object_unref(message);
		count++;
	}
	qmp_reader_free(r);
	return good ? count : -count - 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data + 1;

	if (size < 2)
		return 0;
	if (feed(text, size - 1, data[0] + 1) != feed(text, size - 1, size))
		abort();
	return 0;
}
