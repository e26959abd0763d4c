// SPDX-License-Identifier: GPL-2.0-only
#include "build/cpio.h"

#include <string.h>
#include <sys/stat.h>

#define ALIGN_BYTES 4 /* of headers with names, and of data */

struct cpio {
	GByteArray *out;
	GHashTable *folders; /* names that are in the archive */
	guint inode;
};

struct header {
	const char *name;
	guint mode; /* with the file type */
	gsize bytes;
	guint major, minor; /* of a device */
};

struct cpio *cpio_new(void)
{
	struct cpio *c = g_new0(struct cpio, 1);

	c->out = g_byte_array_new();
	c->folders = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	return c;
}

void cpio_free(struct cpio *c)
{
	if (c->out)
		g_byte_array_unref(c->out);
	g_hash_table_unref(c->folders);
	g_free(c);
}

static void append(struct cpio *c, const void *data, gsize bytes)
{
	static const guint8 zeros[ALIGN_BYTES];

	if (bytes)
		g_byte_array_append(c->out, data, (guint)bytes);
	if (c->out->len % ALIGN_BYTES)
		g_byte_array_append(c->out, zeros, ALIGN_BYTES - c->out->len % ALIGN_BYTES);
}

static void append_header(struct cpio *c, const struct header *h)
{
	gsize name_bytes = strlen(h->name) + 1;
	g_autofree char *fields = g_strdup_printf(
		"070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X", ++c->inode, h->mode,
		0u, 0u, 1u, 0u, (guint)h->bytes, 0u, 0u, h->major, h->minor, (guint)name_bytes, 0u);

	g_byte_array_append(c->out, (const guint8 *)fields, (guint)strlen(fields));
	append(c, h->name, name_bytes);
}

static void add_parents(struct cpio *c, const char *name)
{
	for (const char *slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
		g_autofree char *folder = g_strndup(name, (gsize)(slash - name));

		cpio_add_dir(c, folder);
	}
}

void cpio_add_dir(struct cpio *c, const char *name)
{
	struct header h = { .name = name, .mode = S_IFDIR | 0755 };

	if (g_hash_table_contains(c->folders, name))
		return;
	add_parents(c, name);
	append_header(c, &h);
	g_hash_table_add(c->folders, g_strdup(name));
}

void cpio_add_data(struct cpio *c, const char *name, guint mode, const void *data, gsize bytes)
{
	struct header h = { .name = name, .mode = S_IFREG | mode, .bytes = bytes };

	add_parents(c, name);
	append_header(c, &h);
	append(c, data, bytes);
}

gboolean cpio_add_file(struct cpio *c, const char *name, guint mode, const char *path,
		       GError **error)
{
	g_autofree char *data = NULL;
	gsize bytes;

	if (!g_file_get_contents(path, &data, &bytes, error))
		return FALSE;
	cpio_add_data(c, name, mode, data, bytes);
	return TRUE;
}

void cpio_add_char_device(struct cpio *c, const char *name, guint mode, guint major, guint minor)
{
	struct header h = { .name = name, .mode = S_IFCHR | mode, .major = major, .minor = minor };

	add_parents(c, name);
	append_header(c, &h);
}

GBytes *cpio_end(struct cpio *c)
{
	struct header h = { .name = "TRAILER!!!" };

	append_header(c, &h);
	return g_byte_array_free_to_bytes(g_steal_pointer(&c->out));
}
