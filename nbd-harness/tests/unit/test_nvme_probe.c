// SPDX-License-Identifier: GPL-2.0-only
/*
 * The second client of an NVMe/TCP target: what it sends is laid out as in the
 * kernel's include/linux/nvme-tcp.h and nvme.h, and each wrong answer has an
 * error of its own.  The answers lie in the socket before they are asked for.
 */
#include "machine/nvme_probe.h"

#include <string.h>
#include <sys/socket.h>

#include "base/error.h"
#include "talk.h"

#define DEADLINE_MS    5000
#define SHORT_MS       50
#define NQN	       "nqn.2026-11.test:some"
#define IC_BYTES       128	/* struct nvme_tcp_icreq_pdu, nvme_tcp_icresp_pdu */
#define COMMAND_BYTES  (8 + 64) /* struct nvme_tcp_cmd_pdu */
#define DATA_BYTES     1024	/* struct nvmf_connect_data */
#define RESPONSE_BYTES (8 + 16) /* struct nvme_tcp_rsp_pdu */
#define ANSWER_BYTES   (IC_BYTES + RESPONSE_BYTES)
#define STATUS_AT      (8 + 14) /* of struct nvme_completion; its lowest bit is the phase */
#define TYPE_TERM      3	/* nvme_tcp_c2h_term */

/* What a target says that lets us in: both PDUs. */
static void right_answer(guint8 *answer)
{
	guint8 *response = answer + IC_BYTES;

	memset(answer, 0, ANSWER_BYTES);
	answer[0] = 1; /* nvme_tcp_icresp */
	answer[2] = answer[4] = IC_BYTES;
	response[0] = 5; /* nvme_tcp_rsp */
	response[2] = response[4] = RESPONSE_BYTES;
	response[8] = 1; /* the controller's number */
	response[STATUS_AT] = 1;
}

/* Connect to a target that says the first @bytes of @answer and, if @ends, goes. */
static void ask(struct talk *t, const guint8 *answer, gsize bytes, gboolean ends, guint deadline_ms)
{
	talk_ask(t, nvme_probe, NQN, answer, bytes, ends, deadline_ms);
}

static void refuses(const guint8 *answer, gsize bytes, gboolean ends, const char *message)
{
	g_auto(talk) t = { 0 };

	ask(&t, answer, bytes, ends, DEADLINE_MS);
	talk_expect_refused(&t, message);
}

static void test_right(void)
{
	guint8 answer[ANSWER_BYTES];
	g_auto(talk) t = { 0 };

	right_answer(answer);
	ask(&t, answer, sizeof(answer), FALSE, DEADLINE_MS);
	g_assert_no_error(t.error);
	g_assert_true(t.ok);
}

static guint number(const guint8 *at, guint bytes)
{
	guint value = 0;

	while (bytes--)
		value = value << 8 | at[bytes];
	return value;
}

/* Version 0, no alignment, no digests, one R2T: all zeros. */
static void check_icreq(const guint8 *pdu)
{
	static const guint8 zeros[IC_BYTES - 8];

	g_assert_cmphex(pdu[0], ==, 0); /* nvme_tcp_icreq */
	g_assert_cmphex(pdu[1], ==, 0);
	g_assert_cmpuint(pdu[2], ==, IC_BYTES);
	g_assert_cmpuint(pdu[3], ==, 0);
	g_assert_cmpuint(number(pdu + 4, 4), ==, IC_BYTES);
	g_assert_cmpmem(pdu + 8, sizeof(zeros), zeros, sizeof(zeros));
}

static void check_command(const guint8 *pdu)
{
	const guint8 *command = pdu + 8; /* struct nvmf_connect_command */

	g_assert_cmphex(pdu[0], ==, 4); /* nvme_tcp_cmd */
	g_assert_cmphex(pdu[1], ==, 0); /* no digests */
	g_assert_cmpuint(pdu[2], ==, COMMAND_BYTES);
	g_assert_cmpuint(pdu[3], ==, COMMAND_BYTES);
	g_assert_cmpuint(number(pdu + 4, 4), ==, COMMAND_BYTES + DATA_BYTES);
	g_assert_cmphex(command[0], ==, 0x7f); /* nvme_fabrics_command */
	g_assert_cmphex(command[1], ==, 0x40); /* NVME_CMD_SGL_METABUF */
	g_assert_cmphex(command[4], ==, 0x01); /* nvme_fabrics_type_connect */
	g_assert_cmpuint(number(command + 24, 4), ==, 0);
	g_assert_cmpuint(number(command + 28, 4), ==, 0);
	g_assert_cmpuint(number(command + 32, 4), ==, DATA_BYTES);
	g_assert_cmphex(command[39], ==, 0x01); /* NVME_SGL_FMT_OFFSET */
	g_assert_cmpuint(number(command + 40, 2), ==, 0);
	g_assert_cmpuint(number(command + 42, 2), ==, 0); /* the admin queue */
	g_assert_cmpuint(number(command + 44, 2), ==, 31);
	g_assert_cmpuint(number(command + 48, 4), ==, 0);
}

static void check_data(const guint8 *data)
{
	g_assert_cmphex(number(data + 16, 2), ==, 0xffff); /* any controller */
	g_assert_cmpstr((const char *)data + 256, ==, NQN);
	g_assert_true(g_str_has_prefix((const char *)data + 512, "nqn."));
	g_assert_cmpuint(data[767], ==, 0);
	for (guint i = 768; i < DATA_BYTES; i++)
		g_assert_cmphex(data[i], ==, 0);
}

static void test_request(void)
{
	guint8 answer[ANSWER_BYTES], got[IC_BYTES + COMMAND_BYTES + DATA_BYTES + 1];
	g_auto(talk) t = { 0 };

	right_answer(answer);
	ask(&t, answer, sizeof(answer), FALSE, DEADLINE_MS);
	g_assert_cmpint(recv(t.server, got, sizeof(got), MSG_WAITALL), ==, sizeof(got) - 1);
	check_icreq(got);
	check_command(got + IC_BYTES);
	check_data(got + IC_BYTES + COMMAND_BYTES);
}

/* The answer to the first request decides whether there is a second. */
static void test_stays_silent(void)
{
	guint8 got[IC_BYTES + 1];
	g_auto(talk) t = { 0 };

	ask(&t, NULL, 0, TRUE, DEADLINE_MS);
	g_assert_cmpint(recv(t.server, got, sizeof(got), MSG_WAITALL), ==, IC_BYTES);
}

static void test_refused(void)
{
	guint8 answer[ANSWER_BYTES];

	right_answer(answer);
	answer[IC_BYTES + STATUS_AT] = 0x08; /* NVME_SC_CONNECT_INVALID_HOST, do not retry */
	answer[IC_BYTES + STATUS_AT + 1] = 0x83;
	refuses(answer, sizeof(answer), FALSE,
		"it refused the connection to " NQN " (status 0x4184)");
}

static void test_garbage(void)
{
	guint8 answer[ANSWER_BYTES];

	right_answer(answer);
	memcpy(answer, "HTTP", 4);
	refuses(answer, sizeof(answer), FALSE, "its answer is no NVMe/TCP (type 0x48)");
	right_answer(answer);
	answer[IC_BYTES] = TYPE_TERM;
	refuses(answer, sizeof(answer), FALSE, "its answer is no NVMe/TCP (type 0x03)");
}

/* What is too short is followed by nothing. */
static void test_closed(void)
{
	static const gsize lengths[] = { 0, IC_BYTES - 1, IC_BYTES, ANSWER_BYTES - 1 };
	guint8 answer[ANSWER_BYTES];

	right_answer(answer);
	for (guint i = 0; i < G_N_ELEMENTS(lengths); i++)
		refuses(answer, lengths[i], TRUE, "it closed the connection");
}

static void test_no_answer(void)
{
	static const gsize lengths[] = { 0, IC_BYTES, ANSWER_BYTES - 1 };
	guint8 answer[ANSWER_BYTES];

	right_answer(answer);
	for (guint i = 0; i < G_N_ELEMENTS(lengths); i++) {
		gint64 began = g_get_monotonic_time();
		g_auto(talk) t = { 0 };

		ask(&t, answer, lengths[i], FALSE, SHORT_MS);
		g_assert_error(t.error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA);
		g_assert_cmpstr(t.error->message, ==, "no answer in time");
		g_assert_cmpint(g_get_monotonic_time() - began, <, 2 * G_TIME_SPAN_SECOND);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/nvme-probe/right", test_right);
	g_test_add_func("/nvme-probe/request", test_request);
	g_test_add_func("/nvme-probe/stays-silent", test_stays_silent);
	g_test_add_func("/nvme-probe/refused", test_refused);
	g_test_add_func("/nvme-probe/garbage", test_garbage);
	g_test_add_func("/nvme-probe/closed", test_closed);
	g_test_add_func("/nvme-probe/no-answer", test_no_answer);
	return g_test_run();
}
