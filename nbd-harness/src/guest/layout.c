// SPDX-License-Identifier: GPL-2.0-only
#include "guest/layout.h"

#include "base/error.h"

static guint optional(const struct types *types, const char *type, const char *path)
{
	guint offset;

	return types_member(types, type, path, &offset, NULL, NULL) ? offset : LAYOUT_NONE;
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

gboolean layout_load(struct layout *l, const struct types *types, GError **error)
{
#define NEED(field, type, path)                                                                    \
	if (!types_member(types, type, path, &l->field, NULL, error))                              \
		return FALSE;
#define MAY(field, type, path) l->field = optional(types, type, path);
	LAYOUT_MEMBERS(NEED, MAY)
#undef NEED
#undef MAY
	l->zone_bytes = types_struct_bytes(types, "zone");

	return enumerator(types, NULL, "NAPI_STATE_SCHED", &l->napi_sched, error) &&
	       enumerator(types, NULL, "NAPI_STATE_NPSVC", &l->napi_npsvc, error) &&
	       enumerator(types, "zone_stat_item", "NR_FREE_PAGES", &l->nr_free_pages, error) &&
	       enumerator(types, "node_stat_item", "NR_WRITEBACK", &l->nr_writeback, error) &&
	       enumerator(types, "node_stat_item", "NR_FILE_DIRTY", &l->nr_dirty, error) &&
	       enumerator(types, "pageflags", "PG_locked", &l->pg_locked, error) &&
	       enumerator(types, "pageflags", "PG_writeback", &l->pg_writeback, error) &&
	       enumerator(types, "mq_rq_state", "MQ_RQ_IN_FLIGHT", &l->rq_in_flight, error);
}
