// SPDX-License-Identifier: GPL-2.0-only
/*
 * The second client of an NFS server: what it sends is laid out as in RFC 5531
 * and RFC 7530, and each wrong answer has an error of its own.  The answer lies
 * in the socket before it is asked for.
 */
#include "machine/nfs_probe.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#include "base/error.h"
#include "talk.h"

#define DEADLINE_MS 5000
#define SHORT_MS    50
#define XID	    0x6e737770 /* the probe's; a reply bears it, too */
#define BLOCK_WORDS 1024
#define LAST	    0x80000000u /* of a record's mark: it is the last fragment */
#define ENTRIES(a)  a, G_N_ELEMENTS(a)

/* What comes before the data of a reply that is right. */
static const guint32 right[] = {
	XID,
	1 /* REPLY */,
	0 /* MSG_ACCEPTED */,
	0 /* AUTH_NONE */,
	0 /* its length */,
	0 /* SUCCESS */,
	0 /* NFS4_OK */,
	0 /* no tag */,
	3 /* results */,
	24 /* PUTROOTFH */,
	0,
	15 /* LOOKUP */,
	0,
	25 /* READ */,
	0,
	0 /* not the end */,
	BLOCK_WORDS * 4,
};
enum { REPLY_STAT = 2, ACCEPT_STAT = 5, NFS_STATUS = 6, READ_BYTES = 16 };

/* Ask for file "abcde" a server that says @bytes of @answer and, if @ends, goes. */
static void ask(struct talk *t, const void *answer, gsize bytes, gboolean ends, guint deadline_ms)
{
	talk_ask(t, nfs_probe, "abcde", answer, bytes, ends, deadline_ms);
}

/* A record of @n words and @data_words of data; caller frees. */
static GByteArray *record(const guint32 *words, gsize n, gsize data_words)
{
	GByteArray *bytes = g_byte_array_new();
	guint32 wire = htonl(LAST | (guint32)(n + data_words) * 4);

	g_byte_array_append(bytes, (guint8 *)&wire, sizeof(wire));
	for (gsize i = 0; i < n; i++) {
		wire = htonl(words[i]);
		g_byte_array_append(bytes, (guint8 *)&wire, sizeof(wire));
	}
	wire = htonl(0x64617461);
	for (gsize i = 0; i < data_words; i++)
		g_byte_array_append(bytes, (guint8 *)&wire, sizeof(wire));
	return bytes;
}

static void refuses(const void *answer, gsize bytes, gboolean ends, const char *message)
{
	g_auto(talk) t = { 0 };

	ask(&t, answer, bytes, ends, DEADLINE_MS);
	talk_expect_refused(&t, message);
}

/* The right answer, but for word @at. */
static void refuses_word(guint at, guint32 value, const char *message)
{
	guint32 words[G_N_ELEMENTS(right)];
	g_autoptr(GByteArray) answer = NULL;

	memcpy(words, right, sizeof(right));
	words[at] = value;
	answer = record(ENTRIES(words), BLOCK_WORDS);
	refuses(answer->data, answer->len, FALSE, message);
}

static void test_right(void)
{
	g_autoptr(GByteArray) answer = record(ENTRIES(right), BLOCK_WORDS);
	g_auto(talk) t = { 0 };

	ask(&t, answer->data, answer->len, FALSE, DEADLINE_MS);
	g_assert_no_error(t.error);
	g_assert_true(t.ok);
}

/* A server may have something to verify in its replies. */
static void test_verifier(void)
{
	guint32 words[G_N_ELEMENTS(right) + 2];
	g_autoptr(GByteArray) answer = NULL;
	g_auto(talk) t = { 0 };

	memcpy(words, right, 5 * 4);
	words[4] = 7; /* bytes, in two words */
	words[5] = words[6] = G_MAXUINT32;
	memcpy(words + 7, right + 5, sizeof(right) - 5 * 4);
	answer = record(ENTRIES(words), BLOCK_WORDS);
	ask(&t, answer->data, answer->len, FALSE, DEADLINE_MS);
	g_assert_no_error(t.error);
}

static void test_request(void)
{
	/* clang-format off */
	static const guint32 call[] = {
		LAST | 31 * 4,
		XID, 0 /* CALL */, 2 /* version of RPC */, 100003 /* NFS */, 4, 1 /* COMPOUND */,
		1 /* AUTH_SYS */, 20, 0 /* stamp */, 0 /* name */, 0 /* uid */, 0 /* gid */, 0 /* groups */,
		0 /* AUTH_NONE */, 0,
		0 /* tag */, 0 /* minor version */, 3 /* operations */,
		24 /* PUTROOTFH */,
		15 /* LOOKUP */, 5, 0x61626364, 0x65000000 /* "abcde", filled up */,
		25 /* READ */, 0, 0, 0, 0 /* anonymous stateid */, 0, 0 /* offset */, 4096,
	};
	/* clang-format on */
	guint32 got[G_N_ELEMENTS(call) + 1];
	g_auto(talk) t = { 0 };

	ask(&t, NULL, 0, TRUE, DEADLINE_MS);
	/* All of it and no more; then it has gone. */
	g_assert_cmpint(recv(t.server, got, sizeof(got), 0), ==, sizeof(call));
	for (guint i = 0; i < G_N_ELEMENTS(call); i++)
		g_assert_cmphex(ntohl(got[i]), ==, call[i]);
	g_assert_cmpint(recv(t.server, got, sizeof(got), 0), ==, 0);
}

static void test_refused(void)
{
	refuses_word(REPLY_STAT, 1, "it rejected the call");
	refuses_word(0, XID + 1, "it rejected the call");
	refuses_word(1, 0, "it rejected the call");
	refuses_word(ACCEPT_STAT, 2, "it serves no NFSv4 (accept status 2)");
	refuses_word(NFS_STATUS, 2, "NFS status 2");
}

/* As said, or as sent. */
static void test_too_short(void)
{
	g_autoptr(GByteArray) half = record(ENTRIES(right), BLOCK_WORDS / 2);

	refuses(half->data, half->len, FALSE, "the file is too short");
	refuses_word(READ_BYTES, BLOCK_WORDS * 4 - 4, "the file is too short");
	refuses_word(READ_BYTES, 0, "the file is too short");
}

static void test_garbage(void)
{
	static const char http[] = "HTTP/1.1 400 Bad Request\r\n";
	static const guint8 endless[] = { 0xff, 0xff, 0xff, 0xff };
	static const guint8 empty[] = { 0x80, 0, 0, 0 };

	refuses(http, strlen(http), FALSE, "its reply is no RPC (mark 48545450)");
	refuses(endless, sizeof(endless), FALSE, "its reply is no RPC (mark ffffffff)");
	refuses(empty, sizeof(empty), FALSE, "it rejected the call");
	/* A reply that ends early, after any word. */
	for (guint words = 0; words < G_N_ELEMENTS(right); words++) {
		g_autoptr(GByteArray) part = record(right, words, 0);
		g_auto(talk) t = { 0 };

		ask(&t, part->data, part->len, FALSE, DEADLINE_MS);
		g_assert_error(t.error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA);
	}
}

static void test_closed(void)
{
	g_autoptr(GByteArray) answer = record(ENTRIES(right), BLOCK_WORDS);

	refuses(NULL, 0, TRUE, "it closed the connection");
	refuses(answer->data, answer->len - 1, TRUE, "it closed the connection");
}

static void test_no_answer(void)
{
	g_autoptr(GByteArray) answer = record(ENTRIES(right), BLOCK_WORDS);
	const gsize lengths[] = { 0, 4, answer->len - 1 };

	for (guint i = 0; i < G_N_ELEMENTS(lengths); i++) {
		gint64 began = g_get_monotonic_time();
		g_auto(talk) t = { 0 };

		ask(&t, answer->data, lengths[i], FALSE, SHORT_MS);
		g_assert_error(t.error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA);
		g_assert_cmpstr(t.error->message, ==, "no answer in time");
		g_assert_cmpint(g_get_monotonic_time() - began, <, 2 * G_TIME_SPAN_SECOND);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/nfs-probe/right", test_right);
	g_test_add_func("/nfs-probe/verifier", test_verifier);
	g_test_add_func("/nfs-probe/request", test_request);
	g_test_add_func("/nfs-probe/refused", test_refused);
	g_test_add_func("/nfs-probe/too-short", test_too_short);
	g_test_add_func("/nfs-probe/garbage", test_garbage);
	g_test_add_func("/nfs-probe/closed", test_closed);
	g_test_add_func("/nfs-probe/no-answer", test_no_answer);
	return g_test_run();
}
