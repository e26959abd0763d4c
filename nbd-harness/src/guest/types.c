// SPDX-License-Identifier: GPL-2.0-only
#include "guest/types.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"

#define MODULES_MAX 256
#define NESTING_MAX 16	  /* of anonymous members, and of typedefs and qualifiers */
#define MEMBERS_MAX 65536 /* looked at for one name: anonymous structs may hold each other */

struct types {
	struct btf *btf[1 + MODULES_MAX]; /* vmlinux, then modules split off it */
	guint n;
	/* Name -> its types, in their order; libbpf would look for the first among all others. */
	GHashTable *structs, *enums; /* values are struct place */
};

struct place {
	const struct btf *btf;
	const struct btf_type *type;
	struct place *next; /* of the same name: drivers have names of their own */
};

static void places_free(gpointer data)
{
	for (struct place *place = data, *next; place; place = next) {
		next = place->next;
		g_free(place);
	}
}

static void add_place(GHashTable *names, const char *name, const struct place *new)
{
	struct place *place = g_memdup2(new, sizeof(*new));
	struct place *last = g_hash_table_lookup(names, name);

	if (!last) {
		g_hash_table_insert(names, (gpointer)name, place);
		return;
	}
	while (last->next)
		last = last->next;
	last->next = place;
}

static int silent(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	return 0;
}

/* Take @btf, whose own types begin with the one called @first. */
static void add_btf(struct types *t, struct btf *btf, guint first)
{
	for (guint id = first; id < btf__type_cnt(btf); id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);
		const char *name = btf__name_by_offset(btf, type->name_off);
		GHashTable *names = btf_is_struct(type) ? t->structs
				    : btf_is_enum(type) ? t->enums
							: NULL;

		if (names && name && *name)
			add_place(names, name, &(struct place){ btf, type, NULL });
	}
	t->btf[t->n++] = btf;
}

static struct types *types_new(struct btf *btf, const char *from, GError **error)
{
	long err = libbpf_get_error(btf);

	if (err) {
		g_set_error(
			error, NETSWAP_ERROR, NETSWAP_ERROR_GUEST,
			"no usable BTF in %s (%s); build the kernel with CONFIG_DEBUG_INFO_BTF=y",
			from, g_strerror(-err));
		return NULL;
	}

	struct types *t = g_new0(struct types, 1);

	t->structs = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, places_free);
	t->enums = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, places_free);
	add_btf(t, btf, 1);
	return t;
}

struct types *types_from_vmlinux(const char *path, GError **error)
{
	libbpf_set_print(silent);
	return types_new(btf__parse_elf(path, NULL), path, error);
}

/* libbpf checks the rest, but reads the types in place wherever the header says that they begin. */
static gboolean types_are_aligned(const void *data, gsize bytes)
{
	struct btf_header header;

	if (bytes < sizeof(header))
		return FALSE;
	memcpy(&header, data, sizeof(header));
	return ((guint64)header.hdr_len + header.type_off) % sizeof(guint32) == 0;
}

struct types *types_from_blob(const void *data, gsize bytes, GError **error)
{
	struct btf *btf = NULL;

	libbpf_set_print(silent);
	if (types_are_aligned(data, bytes))
		btf = btf__new(data, bytes);
	else
		errno = EINVAL; /* as libbpf would say it */
	return types_new(btf, "what the guest handed over", error);
}

/* As of libbpf 1.1 only the parser that takes a path is exported for split BTF. */
static struct btf *parse_split(const void *data, gsize bytes, struct btf *base)
{
	int fd = memfd_create("netswap-btf", MFD_CLOEXEC);
	g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);
	struct btf *btf = NULL;

	if (fd >= 0 && types_are_aligned(data, bytes) && write(fd, data, bytes) == (gssize)bytes)
		btf = btf__parse_raw_split(path, base);
	if (fd >= 0)
		close(fd);
	return libbpf_get_error(btf) ? NULL : btf;
}

gboolean types_add_module(struct types *t, const char *name, const void *data, gsize bytes,
			  GError **error)
{
	struct btf *btf = t->n <= MODULES_MAX ? parse_split(data, bytes, t->btf[0]) : NULL;

	if (!btf) {
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_GUEST,
			    "the BTF of module %s, handed over by the guest, is not usable", name);
		return FALSE;
	}
	add_btf(t, btf, btf__type_cnt(t->btf[0]));
	return TRUE;
}

void types_free(struct types *t)
{
	if (!t)
		return;
	g_hash_table_unref(t->structs);
	g_hash_table_unref(t->enums);
	while (t->n)
		btf__free(t->btf[--t->n]);
	g_free(t);
}

/* Strip typedefs and qualifiers from @id. */
static const struct btf_type *resolve(const struct btf *btf, guint32 id)
{
	const struct btf_type *type = btf__type_by_id(btf, id);

	for (int i = 0; type && i < NESTING_MAX; i++) {
		if (!btf_is_mod(type) && !btf_is_typedef(type))
			return type;
		type = btf__type_by_id(btf, type->type);
	}
	return NULL;
}

static const struct btf_type *find(GHashTable *names, const char *name, const struct btf **in)
{
	const struct place *place = g_hash_table_lookup(names, name);

	if (!place)
		return NULL;
	*in = place->btf;
	return place->type;
}

/* Where a member was found. */
struct found {
	guint bit;	 /* from the start of the struct */
	guint bits;	 /* its width; 0: unknown */
	guint looked_at; /* members on the way there */
};

static void describe(const struct btf *btf, const struct btf_type *type, guint i,
		     struct found *found)
{
	long long bytes = btf__resolve_size(btf, btf_members(type)[i].type);
	guint bits = btf_member_bitfield_size(type, i);

	found->bit = btf_member_bit_offset(type, i);
	found->bits = bits ? bits : bytes > 0 ? bytes * 8 : 0;
}

/* The member called @name (@len characters) of @type; anonymous members are looked through. */
static const struct btf_type *member(const struct btf *btf, const struct btf_type *type,
				     const char *name, gsize len, struct found *found, int depth)
{
	if (!type || !btf_is_composite(type) || depth > NESTING_MAX)
		return NULL;

	const struct btf_member *m = btf_members(type);

	for (guint i = 0; i < btf_vlen(type) && found->looked_at++ < MEMBERS_MAX; i++, m++) {
		const char *member_name = btf__name_by_offset(btf, m->name_off);

		if (!member_name || !*member_name) {
			const struct btf_type *inner =
				member(btf, resolve(btf, m->type), name, len, found, depth + 1);

			if (inner) {
				found->bit += btf_member_bit_offset(type, i);
				return inner;
			}
		} else if (strlen(member_name) == len && !memcmp(member_name, name, len)) {
			describe(btf, type, i, found);
			return resolve(btf, m->type);
		}
	}
	return NULL;
}

/* "e1000_adapter{ei}": of the structs of that name, the first with a member ei. */
static const struct btf_type *find_struct(const struct types *t, const char *type,
					  const struct btf **in)
{
	const char *brace = strchr(type, '{');
	g_autofree char *name = brace ? g_strndup(type, brace - type) : NULL;
	const struct place *place;

	if (!brace)
		return find(t->structs, type, in);
	for (place = g_hash_table_lookup(t->structs, name); place; place = place->next) {
		struct found found = { 0 };

		if (member(place->btf, place->type, brace + 1, strcspn(brace + 1, "}"), &found,
			   0)) {
			*in = place->btf;
			return place->type;
		}
	}
	return NULL;
}

static gboolean find_member(const struct types *t, const char *type, const char *path,
			    struct found *found, GError **error)
{
	const struct btf *btf = NULL;
	const struct btf_type *at = find_struct(t, type, &btf);
	guint bit = 0;

	for (const char *rest = path; at && *rest;) {
		gsize len = strcspn(rest, ".");

		at = member(btf, at, rest, len, found, 0);
		bit += at ? found->bit : 0;
		rest += len + (rest[len] == '.');
	}
	if (!at) {
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_GUEST,
			    "the guest kernel's BTF has no struct %s with member %s", type, path);
		return FALSE;
	}
	found->bit = bit;
	return TRUE;
}

gboolean types_member(const struct types *t, const char *type, const char *path, guint *offset,
		      guint *size, GError **error)
{
	struct found found = { 0 };

	if (!find_member(t, type, path, &found, error))
		return FALSE;
	*offset = found.bit / 8;
	if (size)
		*size = found.bits / 8;
	return TRUE;
}

gboolean types_bits(const struct types *t, const char *type, const char *path,
		    struct types_bits *bits, GError **error)
{
	struct found found = { 0 };

	if (!find_member(t, type, path, &found, error))
		return FALSE;
	bits->offset = found.bit / 8;
	bits->shift = found.bit % 8;
	bits->width = found.bits;
	if (found.bits && bits->shift + found.bits <= 64)
		return TRUE;
	g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_GUEST,
		    "in the guest kernel's BTF, member %s of struct %s is no integer", path, type);
	return FALSE;
}

guint types_struct_bytes(const struct types *t, const char *type)
{
	const struct btf *btf = NULL;
	const struct btf_type *found = find(t->structs, type, &btf);

	return found ? found->size : 0;
}

static gint64 enumerator_of(const struct btf *btf, const struct btf_type *type, const char *name)
{
	const struct btf_enum *e = btf_enum(type);

	for (guint i = 0; i < btf_vlen(type); i++, e++) {
		const char *enumerator = btf__name_by_offset(btf, e->name_off);

		if (enumerator && !strcmp(enumerator, name))
			return e->val;
	}
	return -1;
}

gint64 types_enumerator(const struct types *t, const char *type, const char *name)
{
	const struct btf *btf = t->btf[0];

	if (type) {
		const struct btf_type *found = find(t->enums, type, &btf);

		return found ? enumerator_of(btf, found, name) : -1;
	}
	for (guint id = 1; id < btf__type_cnt(btf); id++) {
		const struct btf_type *any = btf__type_by_id(btf, id);
		gint64 value = btf_is_enum(any) ? enumerator_of(btf, any, name) : -1;

		if (value >= 0)
			return value;
	}
	return -1;
}
