// SPDX-License-Identifier: GPL-2.0-only
#include "run/facts_json.h"

#include <string.h>

#include "base/json.h"
#include "judge/stack.h"

void sample_from_json(JsonObject *o, struct sample *s)
{
	for (const struct sample_field *f = sample_fields; f->name; f++)
		G_STRUCT_MEMBER(gint64, s, f->offset) =
			json_object_get_int_member_with_default(o, f->name, SAMPLE_UNKNOWN);
}

/*
 * How the fields of each element are written.  A field that holds what it
 * holds when nothing is known (absent) is left out; reading puts it back.
 */
enum field_kind {
	FIELD_BOOL,  /* gboolean */
	FIELD_I32,   /* gint32 */
	FIELD_ENUM,  /* its name; records of before have the number */
	FIELD_U32,   /* guint32 */
	FIELD_I64,   /* gint64 */
	FIELD_U64,   /* guint64, decimal */
	FIELD_HEX,   /* guint64, an address */
	FIELD_TEXT,  /* char[] */
	FIELD_NAME,  /* interned const char * */
	FIELD_STACK, /* struct task_facts: frames and stack */
};

struct field {
	const char *name;
	enum field_kind kind;
	gsize offset, bytes;
	gint64 absent;
	const char *(*enum_name)(guint value);
	guint enum_values;
};

#define F_WHOLE(type, kind_, member, name_, absent_, enum_name_, values_)                          \
	{                                                                                          \
		name_, FIELD_##kind_, G_STRUCT_OFFSET(struct type, member),                        \
			sizeof(((struct type *)0)->member), absent_, enum_name_, values_           \
	}
#define F_ABSENT(type, kind, member, name, absent)                                                 \
	F_WHOLE(type, kind, member, name, absent, NULL, 0)
#define F(type, kind, member) F_ABSENT(type, kind, member, #member, 0)
#define F_ENUM(type, member, name, absent, enum_name, values)                                      \
	F_WHOLE(type, ENUM, member, name, absent, enum_name, values)
#define F_END                                                                                      \
	{                                                                                          \
		NULL, FIELD_BOOL, 0, 0, 0, NULL, 0                                                 \
	}

static const char *object_name(guint kind)
{
	return object_kind_name(kind);
}

static const char *state_name(guint state)
{
	return work_state_name(state);
}

static const struct field tasks_fields[] = {
	F_ABSENT(task_facts, HEX, address, "task", 0),
	F(task_facts, I32, pid),
	F(task_facts, I32, tgid),
	F(task_facts, TEXT, comm),
	F(task_facts, U32, state),
	F(task_facts, U32, flags),
	F(task_facts, BOOL, kernel_thread),
	F(task_facts, BOOL, on_cpu),
	F(task_facts, BOOL, in_memstall),
	F(task_facts, U64, switches),
	F(task_facts, TEXT, cgroup),
	F_ENUM(task_facts, on.kind, "on_kind", OBJECT_NONE, object_name, OBJECT_KINDS),
	F_ABSENT(task_facts, U32, on.bit, "on_bit", 0),
	F_ABSENT(task_facts, HEX, on.address, "on", 0),
	F_ABSENT(task_facts, HEX, on.owner, "on_owner", 0),
	F_ABSENT(task_facts, TEXT, on.name, "on_name", 0),
	F(task_facts, BOOL, reclaiming),
	F(task_facts, U32, reclaim_gfp),
	F(task_facts, I32, reclaim_order),
	F(task_facts, I32, reclaim_priority),
	F(task_facts, I64, reclaim_done_pages),
	F_ABSENT(task_facts, STACK, stack, "stack", 0),
	F_END,
};
static const struct field napis_fields[] = {
	F(napi_facts, TEXT, device),
	F(napi_facts, NAME, poll),
	F_ABSENT(napi_facts, I32, rx_posted, "rx_posted", -1),
	F_ABSENT(napi_facts, I32, rx_seen, "rx_seen", -1),
	F_ABSENT(napi_facts, I64, rx_dropped, "rx_dropped", -1),
	F(napi_facts, BOOL, scheduled),
	F(napi_facts, BOOL, disabled),
	F_END,
};
static const struct field sockets_fields[] = {
	F(socket_facts, TEXT, name),
	F(socket_facts, HEX, address),
	F(socket_facts, BOOL, locked),
	F(socket_facts, U64, wmem_queued_bytes),
	F(socket_facts, U64, sndbuf_bytes),
	F(socket_facts, U64, unacked_bytes),
	F(socket_facts, BOOL, drained),
	F(socket_facts, U64, rmem_bytes),
	F(socket_facts, U64, backlog_bytes),
	F(socket_facts, U64, tcp_mem_pages),
	F(socket_facts, U64, tcp_mem_max_pages),
	F(socket_facts, U32, snd_una),
	F(socket_facts, U32, snd_nxt),
	F(socket_facts, U32, retransmits),
	F(socket_facts, BOOL, memalloc),
	F_ABSENT(socket_facts, I64, timer_in_jiffies, "timer_in_jiffies", G_MININT64),
	F_END,
};
static const struct field requests_fields[] = {
	F(request_facts, TEXT, name),
	F(request_facts, HEX, address),
	F(request_facts, NAME, op),
	F(request_facts, U64, bytes),
	F(request_facts, HEX, folio),
	F_ABSENT(request_facts, I64, age_ms, "age_ms", -1),
	F(request_facts, BOOL, local),
	F(request_facts, BOOL, on_wire),
	F(request_facts, BOOL, unsent),
	F(request_facts, BOOL, lost),
	F_END,
};
static const struct field tags_fields[] = {
	F(tags_facts, TEXT, name), F(tags_facts, HEX, queue),	  F(tags_facts, U32, depth),
	F(tags_facts, U32, taken), F(tags_facts, U32, in_flight), F_END,
};
static const struct field mempools_fields[] = {
	F(mempool_facts, HEX, address), F(mempool_facts, TEXT, name),
	F(mempool_facts, TEXT, cache),	F(mempool_facts, U32, min_nr),
	F(mempool_facts, U32, curr_nr), F_END,
};
static const struct field holders_fields[] = {
	F(holder_facts, HEX, object), F(holder_facts, HEX, task), F(holder_facts, U32, count),
	F(holder_facts, NAME, where), F(holder_facts, HEX, at),	  F_END,
};
static const struct field folios_fields[] = {
	F(folio_facts, HEX, address),
	F(folio_facts, BOOL, locked),
	F(folio_facts, BOOL, writeback),
	F(folio_facts, BOOL, swapcache),
	F(folio_facts, BOOL, dirty),
	F(folio_facts, TEXT, request),
	F_END,
};
static const struct field works_fields[] = {
	F(work_facts, HEX, address),
	F(work_facts, NAME, function),
	F(work_facts, TEXT, workqueue),
	F_ENUM(work_facts, state, "state", -1, state_name, WORK_STATES),
	F(work_facts, HEX, pool),
	F(work_facts, HEX, pwq),
	F(work_facts, HEX, worker),
	F(work_facts, HEX, completion),
	F(work_facts, BOOL, rescuer),
	F(work_facts, HEX, wq),
	F(work_facts, U32, color),
	F_END,
};
static const struct field flushers_fields[] = {
	F(flusher_facts, HEX, completion),
	F(flusher_facts, HEX, wq),
	F(flusher_facts, U32, colors),
	F_END,
};
static const struct field pools_fields[] = {
	F(pool_facts, HEX, address), F_ABSENT(pool_facts, I32, cpu, "cpu", -1),
	F(pool_facts, I32, id),	     F(pool_facts, U32, workers),
	F(pool_facts, U32, idle),    F_END,
};
static const struct field zones_fields[] = {
	F(zone_facts, TEXT, name),
	F(zone_facts, I32, node),
	F(zone_facts, I64, free_pages),
	F(zone_facts, I64, min_pages),
	F(zone_facts, I64, low_pages),
	F(zone_facts, I64, high_pages),
	F(zone_facts, I64, managed_pages),
	F(zone_facts, I64, boost_pages),
	F(zone_facts, I64, highatomic_pages),
	F_ABSENT(zone_facts, I64, lowest_pages, "lowest_pages", -1),
	F_END,
};
static const struct field reserve_fields[] = {
	F(reserve_facts, TEXT, name),
	F(reserve_facts, I64, count),
	F_END,
};

static gint64 number_in(const struct field *f, const void *element)
{
	switch (f->kind) {
	case FIELD_BOOL:
	case FIELD_I32:
	case FIELD_ENUM:
		return G_STRUCT_MEMBER(gint32, element, f->offset);
	case FIELD_U32:
		return G_STRUCT_MEMBER(guint32, element, f->offset);
	default:
		return G_STRUCT_MEMBER(gint64, element, f->offset);
	}
}

static void set_number(const struct field *f, void *element, gint64 value)
{
	if (f->bytes == 4)
		G_STRUCT_MEMBER(gint32, element, f->offset) = value;
	else
		G_STRUCT_MEMBER(gint64, element, f->offset) = value;
}

static void add_text(JsonBuilder *b, const char *name, const char *text)
{
	if (text && *text)
		json_add_string(b, name, text);
}

/* "function+0x12 ffffffff81234567" */
static void stack_to_json(const struct task_facts *t, JsonBuilder *b)
{
	json_open_array(b, "stack");
	for (guint i = 0; i < t->frames; i++) {
		g_autofree char *text = stack_frame_text(&t->stack[i]);
		g_autofree char *line =
			g_strdup_printf("%s %" G_GINT64_MODIFIER "x", text, t->stack[i].address);

		json_builder_add_string_value(b, line);
	}
	json_builder_end_array(b);
}

static void element_to_json(const struct field *fields, const void *element, JsonBuilder *b)
{
	json_builder_begin_object(b);
	for (const struct field *f = fields; f->name; f++) {
		g_autofree char *hex = NULL;

		switch (f->kind) {
		case FIELD_TEXT:
			add_text(b, f->name, G_STRUCT_MEMBER_P(element, f->offset));
			break;
		case FIELD_NAME:
			add_text(b, f->name, G_STRUCT_MEMBER(const char *, element, f->offset));
			break;
		case FIELD_STACK:
			stack_to_json(element, b);
			break;
		default:
			if (number_in(f, element) == f->absent)
				break;
			hex = g_strdup_printf("0x%" G_GINT64_MODIFIER "x", number_in(f, element));
			if (f->kind == FIELD_HEX)
				json_add_string(b, f->name, hex);
			else if (f->kind == FIELD_BOOL)
				json_add_bool(b, f->name, number_in(f, element));
			else if (f->kind == FIELD_ENUM)
				json_add_string(b, f->name, f->enum_name(number_in(f, element)));
			else
				json_add_int(b, f->name, number_in(f, element));
		}
	}
	json_builder_end_object(b);
}

static gint64 get_int(JsonObject *o, const char *name)
{
	return json_object_get_int_member_with_default(o, name, 0);
}

static gboolean get_bool(JsonObject *o, const char *name)
{
	return json_object_get_boolean_member_with_default(o, name, FALSE);
}

static struct stack_frame frame_from_line(const char *line)
{
	const char *space = strrchr(line, ' ');
	g_autofree char *text = g_strndup(line, space ? space - line : (gssize)strlen(line));

	return stack_frame_parse(text, space ? g_ascii_strtoull(space, NULL, 16) : 0);
}

static void stack_from_json(JsonObject *o, struct task_facts *t)
{
	JsonNode *node = json_object_get_member(o, "stack");
	JsonArray *stack = node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;

	for (guint i = 0; stack && i < MIN(json_array_get_length(stack), STACK_FRAMES_MAX); i++)
		t->stack[t->frames++] = frame_from_line(
			json_node_get_string(json_array_get_element(stack, i)) ?: "");
}

/* What this program does not know counts as the first value. */
static guint enum_from_json(const struct field *f, JsonObject *o)
{
	JsonNode *node = json_object_get_member(o, f->name);

	if (!node || !JSON_NODE_HOLDS_VALUE(node))
		return 0;

	const char *name = json_node_get_string(node);
	gint64 value = name ? 0 : json_node_get_int(node);

	for (guint i = 0; name && i < f->enum_values; i++) {
		if (!strcmp(f->enum_name(i), name))
			value = i;
	}
	return value >= 0 && value < f->enum_values ? value : 0;
}

static void element_from_json(const struct field *fields, JsonObject *o, void *element)
{
	for (const struct field *f = fields; f->name; f++) {
		const char *text;

		switch (f->kind) {
		case FIELD_TEXT:
			text = json_object_get_string_member_with_default(o, f->name, "");
			g_strlcpy(G_STRUCT_MEMBER_P(element, f->offset), text, f->bytes);
			break;
		case FIELD_NAME:
			text = json_object_get_string_member_with_default(o, f->name, NULL);
			G_STRUCT_MEMBER(const char *, element, f->offset) = g_intern_string(text);
			break;
		case FIELD_STACK:
			stack_from_json(o, element);
			break;
		case FIELD_HEX:
			text = json_object_get_string_member_with_default(o, f->name, "0");
			set_number(f, element, g_ascii_strtoull(text, NULL, 16));
			break;
		case FIELD_BOOL:
			set_number(f, element, get_bool(o, f->name));
			break;
		case FIELD_ENUM:
			set_number(f, element, enum_from_json(f, o));
			break;
		default:
			set_number(f, element,
				   json_object_get_int_member_with_default(o, f->name, f->absent));
		}
	}
}

static void array_to_json(const char *name, const GArray *array, const struct field *fields,
			  JsonBuilder *b)
{
	json_open_array(b, name);
	for (guint i = 0; i < array->len; i++)
		element_to_json(fields, array->data + i * g_array_get_element_size((GArray *)array),
				b);
	json_builder_end_array(b);
}

static void array_from_json(const char *name, GArray *array, const struct field *fields,
			    JsonObject *o)
{
	JsonNode *node = json_object_get_member(o, name);
	JsonArray *from = node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;

	for (guint i = 0; from && i < json_array_get_length(from); i++) {
		JsonNode *element = json_array_get_element(from, i);

		if (!JSON_NODE_HOLDS_OBJECT(element))
			continue;
		g_array_set_size(array, array->len + 1); /* zeroed */
		element_from_json(fields, json_node_get_object(element),
				  array->data + (array->len - 1) * g_array_get_element_size(array));
	}
}

void task_to_json(const struct task_facts *t, JsonBuilder *b)
{
	element_to_json(tasks_fields, t, b);
}

void snapshot_to_json(const struct snapshot *s, JsonBuilder *b)
{
	json_add_int(b, "host_us", s->host_us);
	json_add_int(b, "fair_us", s->fair_us);
	json_add_bool(b, "complete", s->complete);
	json_add_bool(b, "server_answers", s->server_answers);
	json_add_bool(b, "server_running", s->server_running);
#define WRITE(name, type) array_to_json(#name, s->name, name##_fields, b);
	SNAPSHOT_ARRAYS(WRITE)
#undef WRITE
}

struct snapshot *snapshot_from_json(JsonObject *o)
{
	struct snapshot *s = snapshot_new();

	s->host_us = get_int(o, "host_us");
	s->fair_us = get_int(o, "fair_us");
	s->complete = get_bool(o, "complete");
	s->server_answers = get_bool(o, "server_answers");
	s->server_running = get_bool(o, "server_running");
#define READ(name, type) array_from_json(#name, s->name, name##_fields, o);
	SNAPSHOT_ARRAYS(READ)
#undef READ
	return s;
}
