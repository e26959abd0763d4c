// SPDX-License-Identifier: GPL-2.0-only
/*
 * One call of NFSv4.0 does it: COMPOUND { PUTROOTFH, LOOKUP name, READ } with the
 * anonymous stateid (RFC 7530), which needs no session, no open and no library; ONC
 * RPC over TCP as in RFC 5531.  Every number is a big-endian word of four bytes.
 */
#include "machine/nfs_probe.h"

#include <arpa/inet.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "machine/probe_io.h"

#define BLOCK_BYTES	4096
#define LAST_FRAGMENT	0x80000000u
#define REPLY_MAX	(BLOCK_BYTES + 1024)
#define XID		0x6e737770 /* "nswp" */
#define PROGRAM_NFS	100003
#define PROC_COMPOUND	1
#define AUTH_SYS	1
#define OP_LOOKUP	15
#define OP_PUTROOTFH	24
#define OP_READ		25
#define ANONYMOUS_WORDS 4 /* of a stateid, all 0 */
#define STATUS_MISSED	0xffffffffu
/* From the accept status to the count of bytes read: between lie the status of all, no tag, the
 * number of results, an operation and its status each, and whether the file ends. */
#define READ_BYTES_AT 11

static void put(GByteArray *call, guint32 word)
{
	guint32 wire = htonl(word);

	g_byte_array_append(call, (const guint8 *)&wire, sizeof(wire));
}

/* A counted text, filled up to whole words. */
static void put_text(GByteArray *call, const char *text)
{
	static const guint8 zeros[3];
	gsize n = strlen(text);

	put(call, n);
	g_byte_array_append(call, (const guint8 *)text, n);
	g_byte_array_append(call, zeros, -n & 3);
}

static GByteArray *read_call(const char *name)
{
	/* clang-format off */
	static const guint32 header[] = {
		XID, 0 /* CALL */, 2 /* RPC version */, PROGRAM_NFS, 4, PROC_COMPOUND,
		AUTH_SYS, 20, 0 /* stamp */, 0 /* no machine's name */, 0, 0 /* root */, 0 /* no groups */,
		0, 0, /* no verifier */
		0 /* no tag */, 0 /* minor version */, 3, OP_PUTROOTFH, OP_LOOKUP,
	};
	/* clang-format on */
	GByteArray *call = g_byte_array_new();

	put(call, 0); /* the record's length, when it is known */
	for (gsize i = 0; i < G_N_ELEMENTS(header); i++)
		put(call, header[i]);
	put_text(call, name);
	put(call, OP_READ);
	for (guint i = 0; i < ANONYMOUS_WORDS; i++)
		put(call, 0);
	put(call, 0); /* offset, 64 bits */
	put(call, 0);
	put(call, BLOCK_BYTES);
	*(guint32 *)call->data = htonl(LAST_FRAGMENT | (call->len - 4));
	return call;
}

/* Word @i of the @n words of a reply. */
static guint32 word(const guint32 *reply, gsize n, gsize i)
{
	return i < n ? ntohl(reply[i]) : STATUS_MISSED;
}

static gboolean check_reply(const guint32 *reply, gsize n, GError **error)
{
	/* XID, REPLY, accepted, verifier's flavor and length, accept status, NFS status */
	gsize verifier_words = (word(reply, n, 4) + 3) / 4;
	gsize at = 5 + verifier_words;

	if (word(reply, n, 0) != XID || word(reply, n, 1) != 1 || word(reply, n, 2))
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA, "it rejected the call");
	else if (word(reply, n, at))
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA,
			    "it serves no NFSv4 (accept status %u)", word(reply, n, at));
	else if (word(reply, n, at + 1))
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA, "NFS status %u",
			    word(reply, n, at + 1));
	else if (word(reply, n, at + READ_BYTES_AT) != BLOCK_BYTES ||
		 n <= at + READ_BYTES_AT + BLOCK_BYTES / 4)
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA, "the file is too short");
	else
		return TRUE;
	return FALSE;
}

gboolean nfs_probe(int fd, const char *name, guint deadline_ms, GError **error)
{
	gint64 until_us = g_get_monotonic_time() + deadline_ms * G_TIME_SPAN_MILLISECOND;
	g_autoptr(GByteArray) call = read_call(name);
	guint32 reply[REPLY_MAX / 4], mark;
	gsize bytes;
	gboolean ok = probe_send(fd, call->data, call->len, until_us, error) &&
		      probe_receive(fd, &mark, sizeof(mark), until_us, error);

	bytes = ok ? ntohl(mark) & ~LAST_FRAGMENT : 0;
	if (ok && (!(ntohl(mark) & LAST_FRAGMENT) || bytes > sizeof(reply))) {
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA,
			    "its reply is no RPC (mark %08x)", ntohl(mark));
		ok = FALSE;
	}
	ok = ok && probe_receive(fd, reply, bytes, until_us, error) &&
	     check_reply(reply, bytes / 4, error);
	close(fd);
	return ok;
}
