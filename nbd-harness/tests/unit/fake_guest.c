// SPDX-License-Identifier: GPL-2.0-only
#include "fake_guest.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define CACHE_LINE     64
#define FUNCTION_BYTES 256

void fake_guest_init(struct fake_guest *f)
{
	int fd = memfd_create("fake-guest", MFD_CLOEXEC);
	g_autoptr(GError) error = NULL;

	g_assert_cmpint(ftruncate(fd, FAKE_RAM_BYTES), ==, 0);
	f->g.memory = guest_memory_map(fd, FAKE_RAM_BYTES, &error);
	g_assert_no_error(error);
	f->ram = mmap(NULL, FAKE_RAM_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	g_assert_true(f->ram != MAP_FAILED);
	close(fd);

	f->used = GUEST_PAGE_BYTES; /* the first page is where page tables would be: none */
	f->g.direct_map = FAKE_DIRECT_MAP;
	f->g.cpus = 1;
	f->kallsyms = g_string_new(NULL);
	fake_symbol(f, "_text", 't', FAKE_TEXT);

	memset(&f->g.at, 0xff, sizeof(f->g.at)); /* LAYOUT_NONE; of enumerators, -1 */
#define GROUP(name, members) f->g.at.lacks_##name = "not in this test's layout";
	LAYOUT_GROUPS(GROUP)
#undef GROUP
}

void fake_guest_clear(struct fake_guest *f)
{
	guest_memory_free(f->g.memory);
	symbols_free(f->g.symbols);
	g_string_free(f->kallsyms, TRUE);
	munmap(f->ram, FAKE_RAM_BYTES);
}

guint64 fake_alloc(struct fake_guest *f, gsize bytes)
{
	guint64 at = f->used;

	f->used += (bytes + CACHE_LINE - 1) & ~(gsize)(CACHE_LINE - 1);
	g_assert_cmpuint(f->used, <=, FAKE_RAM_BYTES);
	return FAKE_DIRECT_MAP + at;
}

void fake_write(struct fake_guest *f, guint64 address, const void *data, gsize bytes)
{
	guint64 at = address - FAKE_DIRECT_MAP;

	g_assert_cmpuint(at, <=, FAKE_RAM_BYTES - bytes);
	memcpy(f->ram + at, data, bytes);
}

void fake_u64(struct fake_guest *f, guint64 address, guint64 value)
{
	fake_write(f, address, &value, sizeof(value));
}

void fake_u32(struct fake_guest *f, guint64 address, guint32 value)
{
	fake_write(f, address, &value, sizeof(value));
}

guint64 fake_text(struct fake_guest *f, const char *text)
{
	guint64 at = fake_alloc(f, strlen(text) + 1);

	fake_write(f, at, text, strlen(text) + 1);
	return at;
}

void fake_symbol(struct fake_guest *f, const char *name, char kind, guint64 address)
{
	g_autoptr(GError) error = NULL;

	g_string_append_printf(f->kallsyms, "%016" G_GINT64_MODIFIER "x %c %s\n", address, kind,
			       name);
	symbols_free(f->g.symbols);
	f->g.symbols = symbols_from_kallsyms(f->kallsyms->str, f->kallsyms->len, &error);
	g_assert_no_error(error);
}

guint64 fake_function(struct fake_guest *f, const char *name)
{
	guint64 at = FAKE_TEXT + (1 + f->kallsyms->len) * FUNCTION_BYTES; /* grows with each */

	fake_symbol(f, name, 't', at);
	return at;
}

void fake_list_init(struct fake_guest *f, guint64 head)
{
	fake_u64(f, head, head);
	fake_u64(f, head + 8, head);
}

void fake_list_add_tail(struct fake_guest *f, guint64 node, guint64 head)
{
	guint64 last;

	g_assert_true(guest_u64(&f->g, head + 8, &last));
	fake_u64(f, node, head);
	fake_u64(f, node + 8, last);
	fake_u64(f, last, node);
	fake_u64(f, head + 8, node);
}
