// SPDX-License-Identifier: GPL-2.0-only
/*
 * QMP client.
 *
 *	socket -> reader -> { answer to the command that waits
 *			    { event queue -> on_event, from the main context
 *
 * One command is under way at a time; it carries an id, so that an answer that
 * comes after its deadline is recognised and dropped.  The socket is read by a
 * GSource, or by qmp_execute() while it waits; either way events only queue up,
 * and a second source delivers them.
 */
#include "machine/qmp.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"

struct qmp {
	int fd;
	struct qmp_reader *reader;
	GSource *socket_source;	 /* NULL once the connection has ended */
	GSource *deliver_source; /* NULL unless events or the end are due */
	GQueue events;		 /* of JsonObject */
	JsonObject *greeting;	 /* taken by qmp_new() */
	JsonObject *answer;	 /* to command next_id - 1 */
	gint64 next_id;
	gboolean closed, closed_told;
	char *closed_why;
	qmp_event_fn on_event;
	qmp_closed_fn on_closed;
	gpointer user_data;
};

static gint64 now_ms(void)
{
	return g_get_monotonic_time() / 1000;
}

static void deliver_event(struct qmp *qmp, JsonObject *message)
{
	JsonObject *data = NULL;

	if (json_object_has_member(message, "data") &&
	    JSON_NODE_HOLDS_OBJECT(json_object_get_member(message, "data")))
		data = json_object_get_object_member(message, "data");
	if (qmp->on_event)
		qmp->on_event(json_object_get_string_member(message, "event"), data,
			      qmp->user_data);
}

/* "timestamp": {"seconds": 1763739123, "microseconds": 456789} */
static gint64 timestamp_us(JsonObject *message)
{
	JsonNode *node = json_object_get_member(message, "timestamp");
	JsonObject *stamp = node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node)
								 : NULL;

	if (!stamp)
		return 0;
	return json_object_get_int_member_with_default(stamp, "seconds", 0) * G_USEC_PER_SEC +
	       json_object_get_int_member_with_default(stamp, "microseconds", 0);
}

gint64 qmp_event_us(struct qmp *qmp, const char *event)
{
	for (GList *l = qmp->events.tail; l; l = l->prev) {
		if (!strcmp(json_object_get_string_member(l->data, "event"), event))
			return timestamp_us(l->data);
	}
	return 0;
}

static gboolean deliver(gpointer user_data)
{
	struct qmp *qmp = user_data;
	JsonObject *message;

	g_clear_pointer(&qmp->deliver_source, g_source_unref);
	while ((message = g_queue_pop_head(&qmp->events))) {
		deliver_event(qmp, message);
		json_object_unref(message);
	}
	if (qmp->closed && !qmp->closed_told) {
		qmp->closed_told = TRUE;
		if (qmp->on_closed)
			qmp->on_closed(qmp->user_data);
	}
	return G_SOURCE_REMOVE;
}

static void deliver_later(struct qmp *qmp)
{
	if (qmp->deliver_source)
		return;
	qmp->deliver_source = g_idle_source_new();
	g_source_set_priority(qmp->deliver_source, G_PRIORITY_DEFAULT);
	g_source_set_callback(qmp->deliver_source, deliver, qmp, NULL);
	g_source_attach(qmp->deliver_source, g_main_context_get_thread_default());
}

static void drop_source(GSource **source)
{
	if (*source)
		g_source_destroy(*source);
	g_clear_pointer(source, g_source_unref);
}

static void end_connection(struct qmp *qmp, const char *why)
{
	if (qmp->closed)
		return;
	qmp->closed = TRUE;
	qmp->closed_why = g_strdup(why);
	drop_source(&qmp->socket_source);
	deliver_later(qmp);
}

/* The id of an answer, or -1. */
static gint64 message_id(JsonObject *message)
{
	JsonNode *id = json_object_get_member(message, "id");

	if (!id || !JSON_NODE_HOLDS_VALUE(id) || json_node_get_value_type(id) != G_TYPE_INT64)
		return -1;
	return json_node_get_int(id);
}

static gboolean is_event(JsonObject *message)
{
	JsonNode *name = json_object_get_member(message, "event");

	return name && JSON_NODE_HOLDS_VALUE(name) &&
	       json_node_get_value_type(name) == G_TYPE_STRING;
}

/* Takes over @message. */
static void sort_message(struct qmp *qmp, JsonObject *message)
{
	if (is_event(message)) {
		g_queue_push_tail(&qmp->events, message);
		deliver_later(qmp);
	} else if (json_object_has_member(message, "QMP") && !qmp->greeting) {
		qmp->greeting = message;
	} else if (message_id(message) == qmp->next_id - 1 && !qmp->answer) {
		qmp->answer = message;
	} else {
		json_object_unref(message);
	}
}

/* Read what is there; never blocks. */
static void read_socket(struct qmp *qmp)
{
	g_autoptr(GError) error = NULL;
	JsonObject *message;
	char data[16384];
	ssize_t got;

	while (!qmp->closed && (got = recv(qmp->fd, data, sizeof(data), MSG_DONTWAIT)) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == EAGAIN)
			return;
		if (got < 0) {
			end_connection(qmp, g_strerror(errno));
			return;
		}
		if (!qmp_reader_feed(qmp->reader, data, got, &error))
			end_connection(qmp, error->message);
		while ((message = qmp_reader_next(qmp->reader)))
			sort_message(qmp, message);
	}
	end_connection(qmp, "QEMU closed it");
}

static gboolean on_socket(gint fd, GIOCondition condition, gpointer user_data)
{
	read_socket(user_data);
	return G_SOURCE_CONTINUE;
}

/* Read until *@slot is set; FALSE with @error at the deadline or the connection's end. */
static gboolean wait_for(struct qmp *qmp, JsonObject **slot, gint64 until_ms, const char *what,
			 GError **error)
{
	struct pollfd p = { .fd = qmp->fd, .events = POLLIN };

	for (;;) {
		gint64 left_ms = until_ms - now_ms();

		read_socket(qmp);
		if (*slot)
			return TRUE;
		if (qmp->closed) {
			g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA,
				    "no answer to QMP %s, the connection has ended: %s", what,
				    qmp->closed_why);
			return FALSE;
		}
		if (left_ms <= 0) {
			g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA,
				    "QEMU did not answer QMP %s in time", what);
			return FALSE;
		}
		poll(&p, 1, left_ms);
	}
}

static gboolean send_all(struct qmp *qmp, const char *text, gint64 until_ms, GError **error)
{
	gsize left = strlen(text);

	while (left) {
		struct pollfd p = { .fd = qmp->fd, .events = POLLOUT };
		ssize_t sent = send(qmp->fd, text, left, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (sent > 0) {
			text += sent;
			left -= sent;
		} else if ((errno != EAGAIN && errno != EINTR) || now_ms() >= until_ms) {
			g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA,
				    "cannot send to QEMU's QMP: %s", g_strerror(errno));
			return FALSE;
		} else {
			poll(&p, 1, MAX(until_ms - now_ms(), 0));
		}
	}
	return TRUE;
}

/* The "return" of @answer; NULL with @error when it is an error answer. */
static JsonNode *take_return(JsonObject *answer, const char *command, GError **error)
{
	JsonNode *value = json_object_get_member(answer, "return");
	JsonNode *failure = json_object_get_member(answer, "error");
	const char *why = NULL;

	if (value)
		return json_node_copy(value);
	if (failure && JSON_NODE_HOLDS_OBJECT(failure))
		why = json_object_get_string_member_with_default(json_node_get_object(failure),
								 "desc", NULL);
	g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA, "QEMU refused QMP %s: %s", command,
		    why ? why : "it did not say why");
	return NULL;
}

JsonNode *qmp_execute(struct qmp *qmp, const char *command, const char *arguments_json,
		      guint deadline_ms, GError **error)
{
	gint64 until_ms = now_ms() + deadline_ms;
	g_autofree char *text = g_strdup_printf(
		"{\"execute\":\"%s\",\"id\":%" G_GINT64_FORMAT "%s%s}\n", command, qmp->next_id,
		arguments_json ? ",\"arguments\":" : "", arguments_json ? arguments_json : "");
	g_autoptr(JsonObject) answer = NULL;

	qmp->next_id++;
	g_clear_pointer(&qmp->answer, json_object_unref);
	if (!qmp->closed && !send_all(qmp, text, until_ms, error))
		return NULL;
	if (!wait_for(qmp, &qmp->answer, until_ms, command, error))
		return NULL;
	answer = g_steal_pointer(&qmp->answer);
	return take_return(answer, command, error);
}

char *qmp_hmp(struct qmp *qmp, const char *line, guint deadline_ms, GError **error)
{
	g_autoptr(JsonNode) name = json_node_init_string(json_node_alloc(), line);
	g_autofree char *quoted = json_to_string(name, FALSE);
	g_autofree char *arguments = g_strdup_printf("{\"command-line\":%s}", quoted);
	g_autoptr(JsonNode)
		text = qmp_execute(qmp, "human-monitor-command", arguments, deadline_ms, error);

	if (!text)
		return NULL;
	if (!JSON_NODE_HOLDS_VALUE(text) || json_node_get_value_type(text) != G_TYPE_STRING) {
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA,
			    "QEMU answered \"%s\" with something that is not text", line);
		return NULL;
	}
	return json_node_dup_string(text);
}

struct qmp *qmp_new(int fd, guint deadline_ms, qmp_event_fn on_event, qmp_closed_fn on_closed,
		    gpointer user_data, GError **error)
{
	struct qmp *qmp = g_new0(struct qmp, 1);
	gint64 until_ms = now_ms() + deadline_ms;
	g_autoptr(JsonNode) nothing = NULL;

	qmp->fd = fd;
	qmp->next_id = 1;
	qmp->reader = qmp_reader_new();
	qmp->on_event = on_event;
	qmp->on_closed = on_closed;
	qmp->user_data = user_data;
	qmp->socket_source = g_unix_fd_source_new(fd, G_IO_IN | G_IO_HUP | G_IO_ERR);
	g_source_set_callback(qmp->socket_source, G_SOURCE_FUNC(on_socket), qmp, NULL);
	g_source_attach(qmp->socket_source, g_main_context_get_thread_default());
	if (wait_for(qmp, &qmp->greeting, until_ms, "greeting", error))
		nothing = qmp_execute(qmp, "qmp_capabilities", NULL, MAX(until_ms - now_ms(), 0),
				      error);
	if (!nothing)
		g_clear_pointer(&qmp, qmp_free);
	return qmp;
}

void qmp_free(struct qmp *qmp)
{
	if (!qmp)
		return;
	drop_source(&qmp->socket_source);
	drop_source(&qmp->deliver_source);
	g_queue_clear_full(&qmp->events, (GDestroyNotify)json_object_unref);
	g_clear_pointer(&qmp->greeting, json_object_unref);
	g_clear_pointer(&qmp->answer, json_object_unref);
	qmp_reader_free(qmp->reader);
	close(qmp->fd);
	g_free(qmp->closed_why);
	g_free(qmp);
}
