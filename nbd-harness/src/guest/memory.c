// SPDX-License-Identifier: GPL-2.0-only
#include "guest/memory.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "base/error.h"

/* hw/i386/pc_q35.c: from 2.75 GiB on, only 2 GiB of RAM stay below 4 GiB. */
#define Q35_SPLIT_FROM_BYTES (0xb0000000ull)
#define Q35_LOW_BYTES	     (0x80000000ull)
#define FOUR_GIB	     (1ull << 32)

struct guest_memory {
	struct guest_memory_segment *segments;
	guint n;
	guint64 end;
	void *map;
	gsize map_bytes;
};

struct guest_memory *guest_memory_new(const struct guest_memory_segment *segments, guint n,
				      void *map, gsize map_bytes)
{
	struct guest_memory *m = g_new0(struct guest_memory, 1);

	m->segments = g_memdup2(segments, n * sizeof(*segments));
	m->n = n;
	m->map = map;
	m->map_bytes = map_bytes;
	for (guint i = 0; i < n; i++)
		m->end = MAX(m->end, segments[i].paddr + segments[i].bytes);
	return m;
}

struct guest_memory *guest_memory_map(int fd, guint64 bytes, GError **error)
{
	guint8 *data = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);

	if (data == MAP_FAILED) {
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA,
			    "cannot map %" G_GUINT64_FORMAT " bytes of guest RAM: %s", bytes,
			    g_strerror(errno));
		return NULL;
	}

	guint64 low_bytes = bytes >= Q35_SPLIT_FROM_BYTES ? Q35_LOW_BYTES : bytes;
	struct guest_memory_segment segments[] = {
		{ 0, low_bytes, data },
		{ FOUR_GIB, bytes - low_bytes, data + low_bytes },
	};

	return guest_memory_new(segments, bytes > low_bytes ? 2 : 1, data, bytes);
}

void guest_memory_free(struct guest_memory *m)
{
	if (!m)
		return;
	munmap(m->map, m->map_bytes);
	g_free(m->segments);
	g_free(m);
}

guint64 guest_memory_end(const struct guest_memory *m)
{
	return m->end;
}

gboolean guest_memory_segment(const struct guest_memory *m, guint i,
			      struct guest_memory_segment *segment)
{
	if (i >= m->n)
		return FALSE;
	*segment = m->segments[i];
	return TRUE;
}

gboolean guest_memory_read(const struct guest_memory *m, guint64 paddr, void *to, gsize bytes)
{
	for (guint i = 0; i < m->n; i++) {
		const struct guest_memory_segment *s = &m->segments[i];

		if (paddr >= s->paddr && bytes <= s->bytes &&
		    paddr - s->paddr <= s->bytes - bytes) {
			memcpy(to, (const guint8 *)s->data + (paddr - s->paddr), bytes);
			return TRUE;
		}
	}
	return FALSE;
}
