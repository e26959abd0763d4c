// SPDX-License-Identifier: GPL-2.0-only
/*
 * The nbd driver's generic netlink interface, as include/uapi/linux/nbd-netlink.h
 * and genetlink.h of the kernel declare it; the guest's C library has no kernel
 * headers.  One message at a time, each acknowledged by the kernel.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "nbd_client.h"

#define NETLINK_GENERIC	      16
#define NLM_F_REQUEST	      1
#define NLM_F_ACK	      4
#define NLMSG_ERROR	      2
#define NLA_F_NESTED	      0x8000
#define FAMILY_CTRL	      16
#define CTRL_GETFAMILY	      3
#define CTRL_ATTR_FAMILY_ID   1
#define CTRL_ATTR_FAMILY_NAME 2

#define NBD_CMD_CONNECT	      1
#define NBD_CMD_RECONFIGURE   3
#define NBD_ATTR_INDEX	      1
#define NBD_ATTR_SIZE_BYTES   2
#define NBD_ATTR_BLOCK_SIZE   3
#define NBD_ATTR_TIMEOUT      4
#define NBD_ATTR_SERVER_FLAGS 5
#define NBD_ATTR_SOCKETS      7
#define NBD_ATTR_DEAD_TIMEOUT 8
#define NBD_SOCK_ITEM	      1
#define NBD_SOCK_FD	      1

#define BLOCK_BYTES	      4096
/* How long the kernel keeps requests for a new connection before it fails them. */
#define DEAD_TIMEOUT_S 86400 /* longer than any run: it ends in I/O errors */

struct header {
	uint32_t bytes;
	uint16_t type, flags;
	uint32_t seq, pid;
	uint8_t command, version;
	uint16_t reserved;
};

struct attribute {
	uint16_t bytes, type;
};

/* A message being written; bounded by what its few callers write. */
struct message {
	struct header head;
	char body[256];
};

static void begin(struct message *m, uint16_t family, uint8_t command)
{
	memset(m, 0, sizeof(*m));
	m->head = (struct header){ .bytes = sizeof(m->head),
				   .type = family,
				   .flags = NLM_F_REQUEST | NLM_F_ACK,
				   .command = command,
				   .version = 1 };
}

static struct attribute *put(struct message *m, uint16_t type, const void *value, size_t bytes)
{
	struct attribute *a = (struct attribute *)((char *)m + m->head.bytes);

	a->bytes = (uint16_t)(sizeof(*a) + bytes);
	a->type = type;
	if (bytes)
		memcpy(a + 1, value, bytes);
	m->head.bytes += (uint32_t)(sizeof(*a) + ((bytes + 3) & ~3ul));
	return a;
}

static void put_u64(struct message *m, uint16_t type, uint64_t value)
{
	put(m, type, &value, sizeof(value));
}

static void put_socket(struct message *m, int fd)
{
	struct attribute *sockets = put(m, NBD_ATTR_SOCKETS | NLA_F_NESTED, NULL, 0);
	struct attribute *item = put(m, NBD_SOCK_ITEM | NLA_F_NESTED, NULL, 0);
	const uint32_t number = (uint32_t)fd;
	struct attribute *inner = put(m, NBD_SOCK_FD, &number, sizeof(number));

	item->bytes = (uint16_t)(item->bytes + inner->bytes);
	sockets->bytes = (uint16_t)(sockets->bytes + item->bytes);
}

/* Send it; what the kernel answers before its acknowledgement goes to @answer. */
static int ask(int fd, struct message *m, char *answer, size_t room)
{
	static char reply[4096] __attribute__((aligned(8)));
	const struct header *head = (const struct header *)reply;
	ssize_t n;

	if (send(fd, m, m->head.bytes, 0) < 0)
		return -1;
	for (;;) {
		n = recv(fd, reply, sizeof(reply), 0);
		if (n < (ssize_t)sizeof(*head)) {
			errno = n < 0 ? errno : EPROTO;
			return -1;
		}
		if (head->type == NLMSG_ERROR) {
			/* The error stands right behind the header of 16 bytes. */
			int error = *(const int *)(reply + offsetof(struct header, command));

			errno = -error;
			return error ? -1 : 0;
		}
		if (answer)
			memcpy(answer, reply, (size_t)n < room ? (size_t)n : room);
	}
}

static uint16_t find_family(const char *answer, size_t room)
{
	const struct header *head = (const struct header *)answer;
	size_t at = sizeof(*head), end = head->bytes < room ? head->bytes : room;

	while (at + sizeof(struct attribute) + 2 <= end) {
		const struct attribute *a = (const struct attribute *)(answer + at);

		if (a->type == CTRL_ATTR_FAMILY_ID)
			return *(const uint16_t *)(a + 1);
		if (a->bytes < sizeof(*a))
			break;
		at += (a->bytes + 3u) & ~3u;
	}
	return 0;
}

int nbd_netlink_open(struct nbd_netlink *nl)
{
	static char answer[4096] __attribute__((aligned(8)));
	struct message m;

	nl->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (nl->fd < 0)
		return -1;
	begin(&m, FAMILY_CTRL, CTRL_GETFAMILY);
	put(&m, CTRL_ATTR_FAMILY_NAME, "nbd", sizeof("nbd"));
	if (ask(nl->fd, &m, answer, sizeof(answer)))
		return -1;
	nl->family = find_family(answer, sizeof(answer));
	errno = ENOENT;
	return nl->family ? 0 : -1;
}

int nbd_netlink_connect(struct nbd_netlink *nl, int fd, const struct nbd_export *export,
			uint64_t timeout_s)
{
	const uint32_t index = 0;
	struct message m;

	begin(&m, nl->family, NBD_CMD_CONNECT);
	put(&m, NBD_ATTR_INDEX, &index, sizeof(index));
	put_u64(&m, NBD_ATTR_SIZE_BYTES, export->bytes);
	put_u64(&m, NBD_ATTR_BLOCK_SIZE, BLOCK_BYTES);
	put_u64(&m, NBD_ATTR_TIMEOUT, timeout_s);
	put_u64(&m, NBD_ATTR_DEAD_TIMEOUT, DEAD_TIMEOUT_S);
	put_u64(&m, NBD_ATTR_SERVER_FLAGS, export->flags);
	put_socket(&m, fd);
	return ask(nl->fd, &m, NULL, 0);
}

int nbd_netlink_reconnect(struct nbd_netlink *nl, int fd)
{
	const uint32_t index = 0;
	struct message m;

	begin(&m, nl->family, NBD_CMD_RECONFIGURE);
	put(&m, NBD_ATTR_INDEX, &index, sizeof(index));
	put_socket(&m, fd);
	return ask(nl->fd, &m, NULL, 0);
}
