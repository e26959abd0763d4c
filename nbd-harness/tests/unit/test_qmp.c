// SPDX-License-Identifier: GPL-2.0-only
/*
 * The QMP reader, and the client against a scripted peer: a thread that plays
 * QEMU on the other end of a socketpair.  What QEMU is told of its disk is heard there.
 */
#include "machine/qmp.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "machine/qemu.h"

#define GREETING "{\"QMP\": {\"version\": {}, \"capabilities\": []}}\r\n"

static void feed_ok(struct qmp_reader *r, const char *text)
{
	g_autoptr(GError) error = NULL;

	g_assert_true(qmp_reader_feed(r, text, strlen(text), &error));
	g_assert_no_error(error);
}

static void test_reader_chunks(void)
{
	const char *text = "{\"a\": 1}\r\n\r\n{\"b\": \"}{\\\"\"}\n";

	for (gsize chunk = 1; chunk <= strlen(text); chunk++) {
		struct qmp_reader *r = qmp_reader_new();
		g_autoptr(JsonObject) first = NULL;
		g_autoptr(JsonObject) second = NULL;

		for (gsize at = 0; at < strlen(text); at += chunk)
			g_assert_true(
				qmp_reader_feed(r, text + at, MIN(chunk, strlen(text) - at), NULL));
		first = qmp_reader_next(r);
		second = qmp_reader_next(r);
		g_assert_cmpint(json_object_get_int_member(first, "a"), ==, 1);
		g_assert_cmpstr(json_object_get_string_member(second, "b"), ==, "}{\"");
		g_assert_null(qmp_reader_next(r));
		qmp_reader_free(r);
	}
}

static void assert_refused(const char *text, gsize bytes)
{
	struct qmp_reader *r = qmp_reader_new();
	g_autoptr(GError) error = NULL;

	g_assert_false(qmp_reader_feed(r, text, bytes, &error));
	g_assert_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA);
	g_assert_null(qmp_reader_next(r));
	/* Broken for good. */
	g_assert_false(qmp_reader_feed(r, "{}\n", 3, NULL));
	qmp_reader_free(r);
}

static void test_reader_refuses(void)
{
	static const char *const bad[] = { "[1]\n",	   "1\n",      "{\"a\": }\n",
					   "{\"a\": 1\n",  "\xff{}\n", "{\"a\":/*\"*/1}\n",
					   "QEMU 7.2.13\n" };
	g_autofree char *deep = g_strnfill(100000, '[');
	g_autofree char *hidden = g_strconcat("{\"a\":/*\"*/", deep, "\n", NULL);
	g_autofree char *text = g_strconcat("{\"a\":", deep, "\n", NULL);

	for (guint i = 0; i < G_N_ELEMENTS(bad); i++)
		assert_refused(bad[i], strlen(bad[i]));
	assert_refused("{\"a\":\0 1}\n", 10);
	assert_refused(text, strlen(text));
	assert_refused(hidden, strlen(hidden));
}

static void test_reader_length(void)
{
	struct qmp_reader *r = qmp_reader_new();
	g_autofree char *blanks = g_strnfill(QMP_MESSAGE_MAX_BYTES, ' ');
	g_autoptr(GError) error = NULL;

	blanks[0] = '{';
	blanks[QMP_MESSAGE_MAX_BYTES - 1] = '}';
	feed_ok(r, blanks);
	feed_ok(r, "\n");
	json_object_unref(qmp_reader_next(r));
	feed_ok(r, blanks);
	g_assert_false(qmp_reader_feed(r, " ", 1, &error));
	g_assert_nonnull(strstr(error->message, "too long"));
	qmp_reader_free(r);
}

/* A peer: sends text at once, or after it has received a line. */
struct peer {
	int fd;
	const char *const *script; /* NULL-terminated; "" means: wait for a line */
	GString *heard;		   /* these lines; to be read when the session has ended */
};

static gpointer play(gpointer data)
{
	struct peer *p = data;

	for (const char *const *s = p->script; *s; s++) {
		char byte = 0;

		if (**s) {
			g_assert_cmpint(send(p->fd, *s, strlen(*s), MSG_NOSIGNAL), >, 0);
			continue;
		}
		while (byte != '\n' && recv(p->fd, &byte, 1, 0) == 1)
			g_string_append_c(p->heard, byte);
	}
	shutdown(p->fd, SHUT_WR);
	return NULL;
}

struct seen {
	GString *events;
	guint closed;
};

static void on_event(const char *event, JsonObject *data, gpointer user_data)
{
	struct seen *seen = user_data;

	g_string_append_printf(seen->events, "%s%s ", event,
			       data && json_object_has_member(data, "guest") ? "+" : "");
}

static void on_closed(gpointer user_data)
{
	((struct seen *)user_data)->closed++;
}

struct session {
	struct peer peer;
	struct seen seen;
	GThread *thread;
	struct qmp *qmp;
	GError *error; /* of qmp_new() */
};

static void session_start(struct session *s, const char *const *script)
{
	int fds[2];

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
	*s = (struct session){ .peer = { .fd = fds[1], .script = script } };
	s->peer.heard = g_string_new(NULL);
	s->seen.events = g_string_new(NULL);
	s->thread = g_thread_new("peer", play, &s->peer);
	s->qmp = qmp_new(fds[0], 300, on_event, on_closed, &s->seen, &s->error);
}

static void session_end(struct session *s)
{
	if (s->thread)
		g_thread_join(s->thread);
	close(s->peer.fd);
	qmp_free(s->qmp);
	g_string_free(s->peer.heard, TRUE);
	g_string_free(s->seen.events, TRUE);
	g_clear_error(&s->error);
}

static void iterate_until_closed(struct session *s)
{
	while (!s->seen.closed)
		g_main_context_iteration(NULL, TRUE);
}

static void test_client_commands(void)
{
	static const char *const script[] = {
		GREETING,
		"",
		"{\"return\": {}, \"id\": 1}\r\n",
		"",
		"{\"event\": \"RESUME\", \"timestamp\": {\"seconds\": 2, \"microseconds\": "
		"5}}\r\n{\"event\": \"SHUTDOWN\", \"data\": {\"guest\": true}}\r\n",
		"{\"return\": {\"status\": \"running\"}, \"id\": 2}\r\n",
		"",
		"{\"error\": {\"class\": \"GenericError\", \"desc\": \"no such thing\"}, \"id\": "
		"3}\r\n",
		"",
		"{\"return\": \"a\\r\\nb\", \"id\": 4}\r\n",
		NULL
	};
	struct session s;
	g_autoptr(JsonNode) status = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *text = NULL;

	session_start(&s, script);
	g_assert_no_error(s.error);
	status = qmp_execute(s.qmp, "query-status", NULL, 1000, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(json_object_get_string_member(json_node_get_object(status), "status"), ==,
			"running");
	/* Events are never delivered from inside a command. */
	g_assert_cmpstr(s.seen.events->str, ==, "");
	g_assert_cmpint(qmp_event_us(s.qmp, "RESUME"), ==, 2000005);
	g_assert_cmpint(qmp_event_us(s.qmp, "SHUTDOWN"), ==, 0); /* does not say */
	g_assert_cmpint(qmp_event_us(s.qmp, "STOP"), ==, 0);	 /* not seen */

	g_assert_null(qmp_execute(s.qmp, "x", "{\"a\":1}", 1000, &error));
	g_assert_nonnull(strstr(error->message, "no such thing"));
	g_clear_error(&error);
	text = qmp_hmp(s.qmp, "info \"x\"", 1000, &error);
	g_assert_cmpstr(text, ==, "a\r\nb");

	iterate_until_closed(&s);
	g_assert_cmpstr(s.seen.events->str, ==, "RESUME SHUTDOWN+ ");
	g_assert_null(qmp_execute(s.qmp, "cont", NULL, 1000, &error));
	g_assert_nonnull(strstr(error->message, "ended"));
	g_assert_cmpuint(s.seen.closed, ==, 1);
	session_end(&s);
}

/* The answer that missed its deadline must not be taken for the next one's. */
static void test_client_late_answer(void)
{
	static const char *const script[] = { GREETING,
					      "",
					      "{\"return\": {}, \"id\": 1}\r\n",
					      "",
					      "",
					      "{\"return\": {\"n\": 2}, \"id\": 2}\r\n",
					      "{\"return\": {\"n\": 3}, \"id\": 3}\r\n",
					      NULL };
	struct session s;
	g_autoptr(JsonNode) answer = NULL;
	g_autoptr(GError) error = NULL;

	session_start(&s, script);
	g_assert_null(qmp_execute(s.qmp, "slow", NULL, 20, &error));
	g_assert_nonnull(strstr(error->message, "in time"));
	answer = qmp_execute(s.qmp, "next", NULL, 1000, NULL);
	g_assert_cmpint(json_object_get_int_member(json_node_get_object(answer), "n"), ==, 3);
	session_end(&s);
}

static void test_client_no_greeting(void)
{
	static const char *const refused[] = { "qemu: bad option\n", NULL };
	static const char *const ended[] = { GREETING, NULL };
	struct session s;

	session_start(&s, refused);
	g_assert_null(s.qmp);
	g_assert_error(s.error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA);
	session_end(&s);
	session_start(&s, ended);
	g_assert_null(s.qmp);
	g_assert_error(s.error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA);
	session_end(&s);
}

/* --- what QEMU is told of its disk ------------------------------------------ */

#define DONE(id) "{\"return\": {}, \"id\": " #id "}\r\n"
#define FAILED(id)                                                                                 \
	"{\"error\": {\"class\": \"GenericError\", \"desc\": \"no\"}, \"id\": " #id "}\r\n"

/* The lines after that by which every session begins. */
static void assert_heard(struct session *s, const char *const *expected)
{
	g_auto(GStrv) lines = NULL;

	g_thread_join(g_steal_pointer(&s->thread));
	lines = g_strsplit(s->peer.heard->str, "\n", -1);
	g_assert_cmpuint(g_strv_length(lines), ==, 1 + g_strv_length((char **)expected) + 1);
	for (guint i = 0; expected[i]; i++) {
		g_autoptr(JsonNode) said = json_from_string(lines[1 + i], NULL);
		g_autoptr(JsonNode) meant = json_from_string(expected[i], NULL);

		g_assert_nonnull(said);
		g_assert_nonnull(meant);
		if (!json_node_equal(said, meant))
			g_assert_cmpstr(lines[1 + i], ==, expected[i]);
	}
}

static void test_disk(void)
{
	static const char *const script[] = {
		GREETING, "", DONE(1), "", DONE(2), "", DONE(3), "",
		DONE(4),  "", DONE(5), "", DONE(6), "", DONE(7), NULL
	};
	static const char *const expected[] = {
		"{\"execute\":\"block_set_io_throttle\",\"id\":2,\"arguments\":{"
		"\"id\":\"/machine/peripheral/disk/virtio-backend\",\"bps\":6000000000,"
		"\"bps_rd\":0,\"bps_wr\":0,\"iops\":0,\"iops_rd\":0,\"iops_wr\":0}}",
		"{\"execute\":\"block_set_io_throttle\",\"id\":3,\"arguments\":{"
		"\"id\":\"/machine/peripheral/disk/virtio-backend\",\"bps\":0,"
		"\"bps_rd\":0,\"bps_wr\":0,\"iops\":0,\"iops_rd\":0,\"iops_wr\":0}}",
		/* The node that fails is made, then put under the disk; and the other way round. */
		"{\"execute\":\"blockdev-add\",\"id\":4,\"arguments\":{\"driver\":\"blkdebug\","
		"\"node-name\":\"disk-faulty\",\"image\":\"disk-image\",\"inject-error\":["
		"{\"event\":\"none\",\"iotype\":\"write\",\"errno\":28}]}}",
		"{\"execute\":\"blockdev-reopen\",\"id\":5,\"arguments\":{\"options\":[{"
		"\"driver\":\"raw\",\"node-name\":\"disk-top\",\"file\":\"disk-faulty\"}]}}",
		"{\"execute\":\"blockdev-reopen\",\"id\":6,\"arguments\":{\"options\":[{"
		"\"driver\":\"raw\",\"node-name\":\"disk-top\",\"file\":\"disk-image\"}]}}",
		"{\"execute\":\"blockdev-del\",\"id\":7,\"arguments\":{"
		"\"node-name\":\"disk-faulty\"}}",
		NULL
	};
	struct session s;
	struct qemu q = { 0 };
	g_autoptr(GError) error = NULL;

	session_start(&s, script);
	q.qmp = s.qmp;
	g_assert_true(qemu_disk_limit(&q, 6000000000, &error));
	g_assert_true(qemu_disk_limit(&q, 0, &error));
	g_assert_true(qemu_disk_fail(&q, "write", 28, &error));
	g_assert_true(qemu_disk_heal(&q, &error));
	g_assert_no_error(error);
	assert_heard(&s, expected);
	session_end(&s);
}

/* What did not work is the error, and nothing is built upon it. */
static void test_disk_refused(void)
{
	static const char *const script[] = { GREETING,	 "", DONE(1),	"",
					      FAILED(2), "", FAILED(3), NULL };
	static const char *const expected[] = {
		"{\"execute\":\"blockdev-add\",\"id\":2,\"arguments\":{\"driver\":\"blkdebug\","
		"\"node-name\":\"disk-faulty\",\"image\":\"disk-image\",\"inject-error\":["
		"{\"event\":\"none\",\"iotype\":\"read\",\"errno\":5}]}}",
		"{\"execute\":\"blockdev-reopen\",\"id\":3,\"arguments\":{\"options\":[{"
		"\"driver\":\"raw\",\"node-name\":\"disk-top\",\"file\":\"disk-image\"}]}}",
		NULL
	};
	struct session s;
	struct qemu q = { 0 };
	g_autoptr(GError) error = NULL;

	session_start(&s, script);
	q.qmp = s.qmp;
	g_assert_false(qemu_disk_fail(&q, "read", 5, &error));
	g_assert_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA);
	g_clear_error(&error);
	g_assert_false(qemu_disk_heal(&q, &error));
	g_assert_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA);
	assert_heard(&s, expected);
	session_end(&s);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/qmp/reader-chunks", test_reader_chunks);
	g_test_add_func("/qmp/reader-refuses", test_reader_refuses);
	g_test_add_func("/qmp/reader-length", test_reader_length);
	g_test_add_func("/qmp/client-commands", test_client_commands);
	g_test_add_func("/qmp/client-late-answer", test_client_late_answer);
	g_test_add_func("/qmp/client-no-greeting", test_client_no_greeting);
	g_test_add_func("/qmp/disk", test_disk);
	g_test_add_func("/qmp/disk-refused", test_disk_refused);
	return g_test_run();
}
