// SPDX-License-Identifier: GPL-2.0-only
#include "judge/known.h"

#include <string.h>

#include "base/error.h"
#include "base/nearest.h"
#include "base/paths.h"

#define FILE_NAME "nbd-harness/known-signatures"

/* The keys of a section: where each goes. */
static const struct {
	const char *key;
	gsize offset; /* of a char * in struct known */
	gboolean needed;
} keys[] = {
	{ "signature", G_STRUCT_OFFSET(struct known, signature), TRUE },
	{ "title", G_STRUCT_OFFSET(struct known, title), TRUE },
	{ "kernels", G_STRUCT_OFFSET(struct known, kernels), TRUE },
	{ "fixed-by", G_STRUCT_OFFSET(struct known, fixed_by), FALSE },
	{ "more", G_STRUCT_OFFSET(struct known, more), FALSE },
};

static void known_free(gpointer data)
{
	struct known *k = data;

	for (guint i = 0; i < G_N_ELEMENTS(keys); i++)
		g_free(G_STRUCT_MEMBER(char *, k, keys[i].offset));
	g_free(k->name);
	g_free(k);
}

static gboolean take_key(GKeyFile *file, struct known *k, const char *key, const char *from,
			 GError **error)
{
	struct nearest near = { .word = key };
	g_autofree char *hint = NULL;

	for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
		if (!strcmp(keys[i].key, key)) {
			G_STRUCT_MEMBER(char *, k, keys[i].offset) =
				g_key_file_get_string(file, k->name, key, error);
			return G_STRUCT_MEMBER(char *, k, keys[i].offset) != NULL;
		}
		nearest_offer(&near, keys[i].key);
	}
	hint = nearest_hint(&near);
	g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE, "%s: [%s] has an unknown key %s%s",
		    from, k->name, key, hint);
	return FALSE;
}

static gboolean parse_section(GKeyFile *file, struct known *k, const char *from, GError **error)
{
	g_auto(GStrv) present = g_key_file_get_keys(file, k->name, NULL, error);

	for (char **key = present; key && *key; key++) {
		if (!take_key(file, k, *key, from, error))
			return FALSE;
	}
	for (guint i = 0; present && i < G_N_ELEMENTS(keys); i++) {
		const char *value = G_STRUCT_MEMBER(char *, k, keys[i].offset);

		if (keys[i].needed && (!value || !*value)) {
			g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE,
				    "%s: [%s] has no %s=", from, k->name, keys[i].key);
			return FALSE;
		}
	}
	return present != NULL;
}

GPtrArray *known_parse(const char *text, const char *from, GError **error)
{
	g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func(known_free);
	g_autoptr(GKeyFile) file = g_key_file_new();
	g_auto(GStrv) names = NULL;
	g_autoptr(GError) cause = NULL;

	if (*text && !g_key_file_load_from_data(file, text, -1, G_KEY_FILE_NONE, &cause)) {
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE, "%s: %s", from,
			    cause->message);
		return NULL;
	}
	names = g_key_file_get_groups(file, NULL);
	for (char **name = names; *name; name++) {
		struct known *k = g_new0(struct known, 1);

		k->name = g_strdup(*name);
		g_ptr_array_add(list, k);
		if (!parse_section(file, k, from, error))
			return NULL;
	}
	return g_steal_pointer(&list);
}

GPtrArray *known_load(GError **error)
{
	g_autofree char *path = g_build_filename(netswap_data_dir(), FILE_NAME, NULL);
	g_autofree char *text = NULL;

	return g_file_get_contents(path, &text, NULL, error) ? known_parse(text, path, error)
							     : NULL;
}

const struct known *known_find(const GPtrArray *list, const char *signature)
{
	for (guint i = 0; i < list->len; i++) {
		const struct known *k = g_ptr_array_index(list, i);

		if (!strcmp(k->signature, signature))
			return k;
	}
	return NULL;
}
