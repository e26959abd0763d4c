// SPDX-License-Identifier: GPL-2.0-only
#include "machine/wire.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define WIRE_CONTROL_BYTES (CMSG_SPACE(sizeof(int) * WIRE_FDS) + CMSG_SPACE(sizeof(struct ucred)))

static gsize wire_bytes(const struct wire_message *message)
{
	return G_STRUCT_OFFSET(struct wire_message, args) + message->args_bytes;
}

static void add_control(struct msghdr *header, int type, const void *data, gsize bytes)
{
	struct cmsghdr *c =
		(struct cmsghdr *)((char *)header->msg_control + header->msg_controllen);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(bytes);
	memcpy(CMSG_DATA(c), data, bytes);
	header->msg_controllen += CMSG_SPACE(bytes);
}

int wire_send(int fd, const struct wire_message *message, const struct wire_extra *extra)
{
	char control[WIRE_CONTROL_BYTES] __attribute__((aligned(8))) = { 0 };
	struct iovec iov = { .iov_base = (void *)message, .iov_len = wire_bytes(message) };
	struct msghdr header = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control };

	if (extra && extra->fds_count)
		add_control(&header, SCM_RIGHTS, extra->fds, sizeof(int) * extra->fds_count);
	if (extra && extra->pid) {
		struct ucred who = { .pid = extra->pid, .uid = getuid(), .gid = getgid() };

		add_control(&header, SCM_CREDENTIALS, &who, sizeof(who));
	}
	if (!header.msg_controllen)
		header.msg_control = NULL;
	if (TEMP_FAILURE_RETRY(sendmsg(fd, &header, MSG_NOSIGNAL)) < 0)
		return -errno;
	return 0;
}

static void take_control(struct msghdr *header, struct wire_extra *extra)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
		gsize bytes = c->cmsg_len - CMSG_LEN(0);

		if (c->cmsg_level != SOL_SOCKET)
			continue;
		if (c->cmsg_type == SCM_RIGHTS && bytes <= sizeof(extra->fds)) {
			memcpy(extra->fds, CMSG_DATA(c), bytes);
			extra->fds_count = bytes / sizeof(int);
		}
		if (c->cmsg_type == SCM_CREDENTIALS) {
			struct ucred who;

			memcpy(&who, CMSG_DATA(c), sizeof(who));
			extra->pid = who.pid;
		}
	}
}

int wire_receive(int fd, struct wire_message *message, struct wire_extra *extra, int flags)
{
	char control[WIRE_CONTROL_BYTES] __attribute__((aligned(8)));
	struct iovec iov = { .iov_base = message, .iov_len = sizeof(*message) };
	struct msghdr header = { .msg_iov = &iov,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control) };
	ssize_t got = TEMP_FAILURE_RETRY(recvmsg(fd, &header, flags | MSG_CMSG_CLOEXEC));

	*extra = (struct wire_extra){ 0 };
	if (got < 0)
		return -errno;
	if (got == 0)
		return -ECONNRESET;
	take_control(&header, extra);
	if ((gsize)got < G_STRUCT_OFFSET(struct wire_message, args) ||
	    message->args_bytes > WIRE_ARGS_BYTES || (gsize)got != wire_bytes(message)) {
		for (guint i = 0; i < extra->fds_count; i++)
			close(extra->fds[i]);
		return -EBADMSG;
	}
	return 0;
}
