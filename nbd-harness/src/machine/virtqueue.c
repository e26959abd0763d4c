// SPDX-License-Identifier: GPL-2.0-only
#include "machine/virtqueue.h"

#include <string.h>

#include "base/json.h"
#include "machine/qmp.h"

#define DEADLINE_MS 2000

static JsonObject *object_in(JsonNode *node)
{
	return node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

static const char *text_in(JsonObject *object, const char *name)
{
	return json_object_get_string_member_with_default(object, name, NULL);
}

const char *virtqueue_find_net(JsonNode *devices)
{
	JsonArray *array = devices && JSON_NODE_HOLDS_ARRAY(devices) ? json_node_get_array(devices)
								     : NULL;

	for (guint i = 0; array && i < json_array_get_length(array); i++) {
		JsonObject *device = object_in(json_array_get_element(array, i));

		if (device && !g_strcmp0(text_in(device, "name"), "virtio-net"))
			return text_in(device, "path");
	}
	return NULL;
}

/* Both indices count up and wrap at 16 bits. */
gint virtqueue_count(JsonNode *status)
{
	JsonObject *queue = object_in(status);
	gint64 seen, used;

	if (!queue)
		return -1;
	seen = json_object_get_int_member_with_default(queue, "shadow-avail-idx", -1);
	used = json_object_get_int_member_with_default(queue, "last-avail-idx", -1);
	return seen < 0 || used < 0 ? -1 : (guint16)(seen - used);
}

static JsonNode *query_status(struct qmp *qmp, const char *path)
{
	g_autoptr(JsonBuilder) b = json_builder_new();

	json_builder_begin_object(b);
	json_add_string(b, "path", path);
	json_add_int(b, "queue", 0);
	json_builder_end_object(b);

	g_autofree char *arguments = json_built(b, FALSE);

	return qmp_execute(qmp, "x-query-virtio-queue-status", arguments, DEADLINE_MS, NULL);
}

gint virtqueue_rx_seen(struct qmp *qmp)
{
	g_autoptr(JsonNode) devices = qmp_execute(qmp, "x-query-virtio", NULL, DEADLINE_MS, NULL);
	const char *path = virtqueue_find_net(devices);
	g_autoptr(JsonNode) status = path ? query_status(qmp, path) : NULL;

	return virtqueue_count(status);
}
