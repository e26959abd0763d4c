// SPDX-License-Identifier: GPL-2.0-only
#include "run/facts_json.h"

#include <string.h>

void json_add_string(JsonBuilder *b, const char *name, const char *value)
{
	json_builder_set_member_name(b, name);
	if (value)
		json_builder_add_string_value(b, value);
	else
		json_builder_add_null_value(b);
}

void json_add_int(JsonBuilder *b, const char *name, gint64 value)
{
	json_builder_set_member_name(b, name);
	json_builder_add_int_value(b, value);
}

void json_add_bool(JsonBuilder *b, const char *name, gboolean value)
{
	json_builder_set_member_name(b, name);
	json_builder_add_boolean_value(b, value);
}

void json_add_seconds(JsonBuilder *b, const char *name, gint64 us)
{
	json_builder_set_member_name(b, name);
	json_builder_add_double_value(b, us / 1000 / 1e3); /* ms: more is noise */
}

void sample_from_json(JsonObject *o, struct sample *s)
{
	for (const struct sample_field *f = sample_fields; f->name; f++)
		G_STRUCT_MEMBER(gint64, s, f->offset) =
			json_object_get_int_member_with_default(o, f->name, SAMPLE_UNKNOWN);
}

static void add_address(JsonBuilder *b, const char *name, guint64 address)
{
	g_autofree char *hex = g_strdup_printf("0x%" G_GINT64_MODIFIER "x", address);

	json_add_string(b, name, hex);
}

static guint64 get_address(JsonObject *o, const char *name)
{
	return g_ascii_strtoull(json_object_get_string_member_with_default(o, name, "0"), NULL, 16);
}

static gint64 get_int(JsonObject *o, const char *name)
{
	return json_object_get_int_member_with_default(o, name, 0);
}

static void get_text(JsonObject *o, const char *name, char *to, gsize bytes)
{
	g_strlcpy(to, json_object_get_string_member_with_default(o, name, ""), bytes);
}

static gboolean get_bool(JsonObject *o, const char *name)
{
	return json_object_get_boolean_member_with_default(o, name, FALSE);
}

static void task_to_json(const struct task_facts *t, JsonBuilder *b)
{
	json_builder_begin_object(b);
	add_address(b, "task", t->address);
	json_add_int(b, "pid", t->pid);
	json_add_int(b, "tgid", t->tgid);
	json_add_string(b, "comm", t->comm);
	json_add_int(b, "state", t->state);
	json_add_int(b, "flags", t->flags);
	json_add_bool(b, "kernel_thread", t->kernel_thread);
	json_add_bool(b, "on_cpu", t->on_cpu);
	json_add_int(b, "switches", t->switches);
	if (t->mutex) {
		add_address(b, "mutex", t->mutex);
		add_address(b, "mutex_owner", t->mutex_owner);
		json_add_string(b, "mutex_name", t->mutex_name);
	}
	/* "function+0x12 ffffffff81234567", a guess prefixed by "? " as in the kernel's own traces
	 */
	json_builder_set_member_name(b, "stack");
	json_builder_begin_array(b);
	for (guint i = 0; i < t->frames; i++) {
		const struct stack_frame *f = &t->stack[i];
		g_autofree char *line =
			g_strdup_printf("%s%s+0x%x %" G_GINT64_MODIFIER "x", f->guess ? "? " : "",
					f->function ? f->function : "", f->offset, f->address);

		json_builder_add_string_value(b, line);
	}
	json_builder_end_array(b);
	json_builder_end_object(b);
}

static void frame_from_text(const char *line, struct stack_frame *f)
{
	f->guess = g_str_has_prefix(line, "? ");
	line += f->guess ? 2 : 0;

	const char *plus = strchr(line, '+');

	if (!plus)
		return;

	g_autofree char *function = g_strndup(line, plus - line);
	char *end;

	f->function = *function ? g_intern_string(function) : NULL;
	f->offset = g_ascii_strtoull(plus + 1, &end, 16);
	f->address = g_ascii_strtoull(end, NULL, 16);
}

static void task_from_json(JsonObject *o, struct snapshot *s)
{
	struct task_facts t = {
		.address = get_address(o, "task"),
		.pid = get_int(o, "pid"),
		.tgid = get_int(o, "tgid"),
		.state = get_int(o, "state"),
		.flags = get_int(o, "flags"),
		.kernel_thread = get_bool(o, "kernel_thread"),
		.on_cpu = get_bool(o, "on_cpu"),
		.switches = get_int(o, "switches"),
		.mutex = get_address(o, "mutex"),
		.mutex_owner = get_address(o, "mutex_owner"),
	};
	JsonArray *stack = json_object_has_member(o, "stack")
				   ? json_object_get_array_member(o, "stack")
				   : NULL;

	get_text(o, "comm", t.comm, sizeof(t.comm));
	get_text(o, "mutex_name", t.mutex_name, sizeof(t.mutex_name));
	for (guint i = 0; stack && i < MIN(json_array_get_length(stack), STACK_FRAMES_MAX); i++)
		frame_from_text(json_array_get_string_element(stack, i), &t.stack[t.frames++]);
	g_array_append_val(s->tasks, t);
}

static void napi_to_json(const struct napi_facts *n, JsonBuilder *b)
{
	json_builder_begin_object(b);
	json_add_string(b, "device", n->device);
	json_add_string(b, "poll", n->poll);
	json_add_int(b, "rx_posted", n->rx_posted);
	json_add_bool(b, "disabled", n->disabled);
	json_builder_end_object(b);
}

static void napi_from_json(JsonObject *o, struct snapshot *s)
{
	const char *poll = json_object_get_string_member_with_default(o, "poll", NULL);
	struct napi_facts n = { .poll = poll ? g_intern_string(poll) : NULL,
				.rx_posted =
					json_object_get_int_member_with_default(o, "rx_posted", -1),
				.disabled = get_bool(o, "disabled") };

	get_text(o, "device", n.device, sizeof(n.device));
	g_array_append_val(s->napis, n);
}

static void socket_to_json(const struct socket_facts *k, JsonBuilder *b)
{
	json_builder_begin_object(b);
	json_add_string(b, "name", k->name);
	json_add_int(b, "wmem_queued_bytes", k->wmem_queued_bytes);
	json_add_int(b, "sndbuf_bytes", k->sndbuf_bytes);
	json_add_int(b, "unacked_bytes", k->unacked_bytes);
	json_add_int(b, "retransmits", k->retransmits);
	if (k->timer_in_jiffies != G_MININT64)
		json_add_int(b, "timer_in_jiffies", k->timer_in_jiffies);
	json_builder_end_object(b);
}

static void socket_from_json(JsonObject *o, struct snapshot *s)
{
	struct socket_facts k = {
		.wmem_queued_bytes = get_int(o, "wmem_queued_bytes"),
		.sndbuf_bytes = get_int(o, "sndbuf_bytes"),
		.unacked_bytes = get_int(o, "unacked_bytes"),
		.retransmits = get_int(o, "retransmits"),
		.timer_in_jiffies =
			json_object_get_int_member_with_default(o, "timer_in_jiffies", G_MININT64),
	};

	get_text(o, "name", k.name, sizeof(k.name));
	g_array_append_val(s->sockets, k);
}

static void request_to_json(const struct request_facts *r, JsonBuilder *b)
{
	json_builder_begin_object(b);
	json_add_string(b, "name", r->name);
	json_add_int(b, "age_ms", r->age_ms);
	json_builder_end_object(b);
}

static void request_from_json(JsonObject *o, struct snapshot *s)
{
	struct request_facts r = { .age_ms = json_object_get_int_member_with_default(o, "age_ms",
										     -1) };

	get_text(o, "name", r.name, sizeof(r.name));
	g_array_append_val(s->requests, r);
}

static void zone_to_json(const struct zone_facts *z, JsonBuilder *b)
{
	json_builder_begin_object(b);
	json_add_string(b, "name", z->name);
	json_add_int(b, "node", z->node);
	json_add_int(b, "free_pages", z->free_pages);
	json_add_int(b, "min_pages", z->min_pages);
	json_add_int(b, "low_pages", z->low_pages);
	json_add_int(b, "high_pages", z->high_pages);
	json_add_int(b, "managed_pages", z->managed_pages);
	json_builder_end_object(b);
}

static void zone_from_json(JsonObject *o, struct snapshot *s)
{
	struct zone_facts z = {
		.node = get_int(o, "node"),
		.free_pages = get_int(o, "free_pages"),
		.min_pages = get_int(o, "min_pages"),
		.low_pages = get_int(o, "low_pages"),
		.high_pages = get_int(o, "high_pages"),
		.managed_pages = get_int(o, "managed_pages"),
	};

	get_text(o, "name", z.name, sizeof(z.name));
	g_array_append_val(s->zones, z);
}

/* The arrays of a snapshot and how their elements are written and read. */
#define SNAPSHOT_ARRAYS(X)                                                                         \
	X(tasks, struct task_facts, task)                                                          \
	X(napis, struct napi_facts, napi)                                                          \
	X(sockets, struct socket_facts, socket)                                                    \
	X(requests, struct request_facts, request)                                                 \
	X(zones, struct zone_facts, zone)

void snapshot_to_json(const struct snapshot *s, JsonBuilder *b)
{
	json_add_int(b, "host_us", s->host_us);
	json_add_int(b, "fair_us", s->fair_us);
	json_add_bool(b, "complete", s->complete);
	json_add_bool(b, "server_answers", s->server_answers);
	json_add_bool(b, "server_running", s->server_running);
#define WRITE(array, type, element)                                                                \
	json_builder_set_member_name(b, #array);                                                   \
	json_builder_begin_array(b);                                                               \
	for (guint i = 0; i < s->array->len; i++)                                                  \
		element##_to_json(&g_array_index(s->array, type, i), b);                           \
	json_builder_end_array(b);
	SNAPSHOT_ARRAYS(WRITE)
#undef WRITE
}

static void each_object(JsonObject *o, const char *name,
			void (*read)(JsonObject *, struct snapshot *), struct snapshot *s)
{
	JsonNode *node = json_object_get_member(o, name);
	JsonArray *array = node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;

	for (guint i = 0; array && i < json_array_get_length(array); i++) {
		JsonNode *element = json_array_get_element(array, i);

		if (JSON_NODE_HOLDS_OBJECT(element))
			read(json_node_get_object(element), s);
	}
}

struct snapshot *snapshot_from_json(JsonObject *o)
{
	struct snapshot *s = snapshot_new();

	s->host_us = get_int(o, "host_us");
	s->fair_us = get_int(o, "fair_us");
	s->complete = get_bool(o, "complete");
	s->server_answers = get_bool(o, "server_answers");
	s->server_running = get_bool(o, "server_running");
#define READ(array, type, element) each_object(o, #array, element##_from_json, s);
	SNAPSHOT_ARRAYS(READ)
#undef READ
	return s;
}
