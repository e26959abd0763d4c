// SPDX-License-Identifier: GPL-2.0-only
#include "guest/layout.h"

#include "base/error.h"

/* The first member that exists, of the structs and paths named "A|B"; else the last error. */
static gboolean required(const struct types *types, const char *structs, const char *paths,
			 guint *offset, GError **error)
{
	g_auto(GStrv) types_to_try = g_strsplit(structs, "|", -1);
	g_auto(GStrv) paths_to_try = g_strsplit(paths, "|", -1);

	for (char **type = types_to_try; *type; type++) {
		for (char **path = paths_to_try; *path; path++) {
			g_clear_error(error);
			if (types_member(types, *type, *path, offset, NULL, error))
				return TRUE;
		}
	}
	return FALSE;
}

static guint optional(const struct types *types, const char *structs, const char *paths)
{
	guint offset;

	return required(types, structs, paths, &offset, NULL) ? offset : LAYOUT_NONE;
}

/* An enumerator, required: @to becomes its value. */
static gboolean enumerator(const struct types *types, const char *type, const char *name,
			   gint64 *to, GError **error)
{
	*to = types_enumerator(types, type, name);
	if (*to < 0)
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_GUEST,
			    "the guest kernel's BTF has no enumerator %s", name);
	return *to >= 0;
}

static void load_sizes(struct layout *l, const struct types *types)
{
	guint offset;

	l->zone_bytes = types_struct_bytes(types, "zone");
	l->page_bytes = types_struct_bytes(types, "page");
	l->disk_struct_bytes = types_struct_bytes(types, "gendisk");
	l->request_struct_bytes = types_struct_bytes(types, "request");
	l->bvec_struct_bytes = types_struct_bytes(types, "bio_vec");
	l->sbitmap_word_bytes = types_struct_bytes(types, "sbitmap_word");
	l->section_bytes = types_struct_bytes(types, "mem_section");
	l->cp_desc_bytes = types_struct_bytes(types, "cp_desc");
	types_member(types, "xa_node", "slots", &offset, &l->xa_slots_bytes, NULL);
	types_member(types, "cp_private", "rx_skb", &offset, &l->cp_skbs_bytes, NULL);
	l->timer_base_bytes = types_struct_bytes(types, "timer_base");
	types_member(types, "timer_base", "vectors", &offset, &l->timer_vectors_bytes, NULL);
}

/* What a kernel may lack: -1 then. */
static void load_optional_enumerators(struct layout *l, const struct types *types)
{
	l->pg_dirty = types_enumerator(types, "pageflags", "PG_dirty");
	l->pg_swapcache = types_enumerator(types, "pageflags", "PG_swapcache");
	l->pg_swapbacked = types_enumerator(types, "pageflags", "PG_swapbacked");
	l->mib_pfmemalloc_drop = types_enumerator(types, NULL, "LINUX_MIB_PFMEMALLOCDROP");
	l->mib_tcp_mem_drop = types_enumerator(types, NULL, "LINUX_MIB_TCPRCVQDROP");
	l->sock_memalloc = types_enumerator(types, "sock_flags", "SOCK_MEMALLOC");
	l->wq_unbound = types_enumerator(types, NULL, "WQ_UNBOUND");
	l->work_is_pwq = types_enumerator(types, NULL, "WORK_STRUCT_PWQ");
	l->work_pwq_shift = types_enumerator(types, NULL, "WORK_STRUCT_PWQ_SHIFT");
	l->work_color_shift = types_enumerator(types, NULL, "WORK_STRUCT_COLOR_SHIFT");
	l->work_color_bits = types_enumerator(types, NULL, "WORK_STRUCT_COLOR_BITS");
	if (l->work_pwq_shift < 0) /* before 6.9 */
		l->work_pwq_shift = types_enumerator(types, NULL, "WORK_STRUCT_FLAG_BITS");
}

static void load_reserve(struct layout *l, const struct types *types)
{
#define COUNTER(name, enumerator)                                                                  \
	l->reserve[RESERVE_##name] = types_enumerator(types, "netswap_counter", #enumerator);
	LAYOUT_RESERVE(COUNTER)
#undef COUNTER
	l->zone_types = types_enumerator(types, "zone_type", "__MAX_NR_ZONES");
}

gboolean layout_load(struct layout *l, const struct types *types, GError **error)
{
#define NEED(field, type, path)                                                                    \
	if (!required(types, type, path, &l->field, error))                                        \
		return FALSE;
#define MAY(field, type, path) l->field = optional(types, type, path);
	LAYOUT_MEMBERS(NEED, MAY)
#undef NEED
#define GROUP(name, members)                                                                       \
	{                                                                                          \
		const char **lacks = &l->lacks_##name;                                             \
		*lacks = NULL;                                                                     \
		members(MEMBER)                                                                    \
	}
#define MEMBER(field, type, path)                                                                  \
	MAY(field, type, path)                                                                     \
	if (l->field == LAYOUT_NONE)                                                               \
		*lacks = type "." path;
	LAYOUT_GROUPS(GROUP)
#undef MEMBER
#undef GROUP
#undef MAY
#define BITS(field, type, path)                                                                    \
	if (!types_bits(types, type, path, &l->field, NULL))                                       \
		l->field.width = 0;
	LAYOUT_BITS(BITS)
#undef BITS
	load_sizes(l, types);

	load_optional_enumerators(l, types);
	load_reserve(l, types);
	return enumerator(types, NULL, "NAPI_STATE_SCHED", &l->napi_sched, error) &&
	       enumerator(types, NULL, "NAPI_STATE_NPSVC", &l->napi_npsvc, error) &&
	       enumerator(types, "zone_stat_item", "NR_FREE_PAGES", &l->nr_free_pages, error) &&
	       enumerator(types, "node_stat_item", "NR_WRITEBACK", &l->nr_writeback, error) &&
	       enumerator(types, "node_stat_item", "NR_FILE_DIRTY", &l->nr_dirty, error) &&
	       enumerator(types, "node_stat_item", "NR_WRITTEN", &l->nr_written, error) &&
	       enumerator(types, "pageflags", "PG_locked", &l->pg_locked, error) &&
	       enumerator(types, "pageflags", "PG_writeback", &l->pg_writeback, error) &&
	       enumerator(types, "mq_rq_state", "MQ_RQ_IN_FLIGHT", &l->rq_in_flight, error);
}
