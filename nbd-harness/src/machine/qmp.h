/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * QMP client: commands and the event queue of one QEMU over a socket.
 *
 * qmp_reader (bytes -> messages) is separate and pure, so that it can be
 * fuzzed: QMP is newline-delimited JSON, a message longer than
 * QMP_MESSAGE_MAX_BYTES is an error.
 */
#ifndef NETSWAP_MACHINE_QMP_H
#define NETSWAP_MACHINE_QMP_H

#include <glib.h>
#include <json-glib/json-glib.h>

#define QMP_MESSAGE_MAX_BYTES (4u << 20)

struct qmp_reader;
struct qmp_reader *qmp_reader_new(void);
/* Give it @bytes of input; complete messages queue up.  FALSE: not JSON objects, or too long. */
gboolean qmp_reader_feed(struct qmp_reader *r, const char *data, gsize bytes, GError **error);
/* The next complete message, or NULL; caller unrefs. */
JsonObject *qmp_reader_next(struct qmp_reader *r);
void qmp_reader_free(struct qmp_reader *r);

struct qmp;
/* @event: "STOP", "RESUME", "SHUTDOWN", "RESET", "GUEST_PANICKED", ...; @data may be NULL. */
typedef void (*qmp_event_fn)(const char *event, JsonObject *data, gpointer user_data);
typedef void (*qmp_closed_fn)(gpointer user_data);

/* Take over @fd (closed also on failure), read the greeting, negotiate; blocks up to
 * @deadline_ms.  The callbacks must not free the qmp. */
struct qmp *qmp_new(int fd, guint deadline_ms, qmp_event_fn on_event, qmp_closed_fn on_closed,
		    gpointer user_data, GError **error);
/*
 * Run a command and wait for its answer.  @arguments_json: JSON object text or
 * NULL.  Events that arrive meanwhile are queued and delivered from the main
 * context, never from inside this call.  Returns the "return" node (caller
 * frees with json_node_unref) or NULL: an error answer or no answer within
 * @deadline_ms (NETSWAP_ERROR_INFRA).
 */
JsonNode *qmp_execute(struct qmp *qmp, const char *command, const char *arguments_json,
		      guint deadline_ms, GError **error);
/*
 * When @event happened last, in microseconds of QEMU's wall clock; 0 where it is
 * not among those that wait to be delivered, or does not say.
 */
gint64 qmp_event_us(struct qmp *qmp, const char *event);
/* The human monitor command @line; returns its text, caller frees. */
char *qmp_hmp(struct qmp *qmp, const char *line, guint deadline_ms, GError **error);
void qmp_free(struct qmp *qmp);

#endif
