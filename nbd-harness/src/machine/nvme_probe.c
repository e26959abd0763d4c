// SPDX-License-Identifier: GPL-2.0-only
/*
 * Initialize connection request and response, then the Fabrics command Connect for
 * queue 0 with its data in the capsule; layouts as in the NVMe over Fabrics and NVMe/TCP
 * specifications (include/linux/nvme.h and nvme-tcp.h of the kernel).
 */
#include "machine/nvme_probe.h"

#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "machine/probe_io.h"

#define HOST_NQN	"nqn.2026-11.netswap:probe"
#define PDU_ICREQ	0x00
#define PDU_ICRESP	0x01
#define PDU_COMMAND	0x04
#define PDU_RESPONSE	0x05
#define IC_BYTES	128
#define COMMAND_BYTES	72 /* header and submission entry */
#define RESPONSE_BYTES	24 /* header and completion entry */
#define CONNECT_BYTES	1024
#define OPCODE_FABRICS	0x7f
#define SGL_METABUF	0x40
#define FABRICS_CONNECT 0x01
#define SGL_IN_CAPSULE	0x01
#define QUEUE_ENTRIES	32
#define ANY_CONTROLLER	0xffff

struct pdu_header {
	guint8 type, flags, header_bytes, data_offset;
	guint32 bytes; /* little-endian */
} __attribute__((packed));

struct connect {
	struct pdu_header pdu;
	struct {
		guint8 opcode, flags;
		guint16 id;
		guint8 fabrics_type, reserved[19];
		guint64 sgl_offset;
		guint32 sgl_bytes;
		guint8 sgl_reserved[3], sgl_type;
		guint16 format, queue, queue_entries; /* entries: less one */
		guint8 attributes, reserved2;
		guint32 keep_alive_ms;
		guint8 reserved3[12];
	} __attribute__((packed)) command;
	struct {
		guint8 host_id[16];
		guint16 controller;
		guint8 reserved[238];
		char subsystem[256], host[256];
		guint8 reserved2[256];
	} __attribute__((packed)) data;
} __attribute__((packed));

G_STATIC_ASSERT(sizeof(struct connect) == COMMAND_BYTES + CONNECT_BYTES);

struct response {
	struct pdu_header pdu;
	guint8 result[8];
	guint16 head, queue, id, status; /* status: from bit 1 on */
} __attribute__((packed));

G_STATIC_ASSERT(sizeof(struct response) == RESPONSE_BYTES);

static gboolean is_answer(guint8 type, guint8 wanted, GError **error)
{
	if (type == wanted)
		return TRUE;
	g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA,
		    "its answer is no NVMe/TCP (type 0x%02x)", type);
	return FALSE;
}

static gboolean initialize(int fd, gint64 until_us, GError **error)
{
	guint8 request[IC_BYTES] = { 0 }, response[IC_BYTES];
	struct pdu_header pdu = { .type = PDU_ICREQ,
				  .header_bytes = IC_BYTES,
				  .bytes = GUINT32_TO_LE(IC_BYTES) };

	memcpy(request, &pdu, sizeof(pdu));
	return probe_send(fd, request, sizeof(request), until_us, error) &&
	       probe_receive(fd, response, sizeof(response), until_us, error) &&
	       is_answer(response[0], PDU_ICRESP, error);
}

static gboolean connect_admin_queue(int fd, const char *nqn, gint64 until_us, GError **error)
{
	struct connect request = {
		.pdu = { .type = PDU_COMMAND,
			 .header_bytes = COMMAND_BYTES,
			 .data_offset = COMMAND_BYTES,
			 .bytes = GUINT32_TO_LE(sizeof(request)) },
		.command = { .opcode = OPCODE_FABRICS,
			     .flags = SGL_METABUF,
			     .fabrics_type = FABRICS_CONNECT,
			     .sgl_bytes = GUINT32_TO_LE(CONNECT_BYTES),
			     .sgl_type = SGL_IN_CAPSULE,
			     .queue_entries = GUINT16_TO_LE(QUEUE_ENTRIES - 1) },
		.data = { .controller = GUINT16_TO_LE(ANY_CONTROLLER) },
	};
	struct response response;

	g_strlcpy(request.data.subsystem, nqn, sizeof(request.data.subsystem));
	g_strlcpy(request.data.host, HOST_NQN, sizeof(request.data.host));
	memset(request.data.host_id, 0x77, sizeof(request.data.host_id));
	if (!probe_send(fd, &request, sizeof(request), until_us, error) ||
	    !probe_receive(fd, &response, sizeof(response), until_us, error) ||
	    !is_answer(response.pdu.type, PDU_RESPONSE, error))
		return FALSE;
	if (!(GUINT16_FROM_LE(response.status) >> 1))
		return TRUE;
	g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA,
		    "it refused the connection to %s (status 0x%x)", nqn,
		    GUINT16_FROM_LE(response.status) >> 1);
	return FALSE;
}

gboolean nvme_probe(int fd, const char *nqn, guint deadline_ms, GError **error)
{
	gint64 until_us = g_get_monotonic_time() + deadline_ms * G_TIME_SPAN_MILLISECOND;
	gboolean ok = initialize(fd, until_us, error) &&
		      connect_admin_queue(fd, nqn, until_us, error);

	close(fd);
	return ok;
}
