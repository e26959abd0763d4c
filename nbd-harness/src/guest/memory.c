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
	const guint8 *data;
	guint64 bytes;
	guint64 low_bytes; /* identity mapped from 0 */
};

struct guest_memory *guest_memory_map(int fd, guint64 bytes, GError **error)
{
	void *data = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);

	if (data == MAP_FAILED) {
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA,
			    "cannot map %" G_GUINT64_FORMAT " bytes of guest RAM: %s", bytes,
			    g_strerror(errno));
		return NULL;
	}

	struct guest_memory *m = g_new0(struct guest_memory, 1);

	m->data = data;
	m->bytes = bytes;
	m->low_bytes = bytes >= Q35_SPLIT_FROM_BYTES ? Q35_LOW_BYTES : bytes;
	return m;
}

void guest_memory_free(struct guest_memory *m)
{
	if (!m)
		return;
	munmap((void *)m->data, m->bytes);
	g_free(m);
}

guint64 guest_memory_bytes(const struct guest_memory *m)
{
	return m->bytes;
}

gboolean guest_memory_segment(const struct guest_memory *m, guint i,
			      struct guest_memory_segment *segment)
{
	if (i == 0) {
		*segment = (struct guest_memory_segment){ 0, m->low_bytes, m->data };
		return TRUE;
	}
	if (i == 1 && m->bytes > m->low_bytes) {
		*segment = (struct guest_memory_segment){ FOUR_GIB, m->bytes - m->low_bytes,
							  m->data + m->low_bytes };
		return TRUE;
	}
	return FALSE;
}

gboolean guest_memory_read(const struct guest_memory *m, guint64 paddr, void *to, gsize bytes)
{
	struct guest_memory_segment s;

	for (guint i = 0; guest_memory_segment(m, i, &s); i++) {
		if (paddr >= s.paddr && bytes <= s.bytes && paddr - s.paddr <= s.bytes - bytes) {
			memcpy(to, (const guint8 *)s.data + (paddr - s.paddr), bytes);
			return TRUE;
		}
	}
	return FALSE;
}
