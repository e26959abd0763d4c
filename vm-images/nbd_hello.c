// SPDX-License-Identifier: GPL-2.0-only
/*
 * The handshake of NBD (doc/proto.md of the NBD project), "fixed newstyle", with
 * the plainest option that every server has: NBD_OPT_EXPORT_NAME.
 *
 *	S: "NBDMAGIC" "IHAVEOPT" flags:16	C: flags:32
 *	C: "IHAVEOPT" 1:32 length:32 name	S: bytes:64 flags:16 [124 zeros]
 *
 * A server that does not like the name closes the connection.
 */
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "nbd_client.h"

#define HELLO_MAGIC    "NBDMAGICIHAVEOPT"
#define OPTION_MAGIC   "IHAVEOPT"
#define OPTION_EXPORT  1u
#define FLAG_FIXED     1u
#define FLAG_NO_ZEROES 2u
#define ZEROES	       124
#define NAME_BYTES_MAX 64

static int receive(int fd, void *to, size_t bytes)
{
	ssize_t n = recv(fd, to, bytes, MSG_WAITALL);

	if (n == (ssize_t)bytes)
		return 0;
	errno = n < 0 ? errno : ECONNRESET;
	return -1;
}

static int say(int fd, const void *what, size_t bytes)
{
	return send(fd, what, bytes, MSG_NOSIGNAL) == (ssize_t)bytes ? 0 : -1;
}

static int choose(int fd, const char *name)
{
	struct {
		char magic[8];
		uint32_t option, bytes;
		char name[NAME_BYTES_MAX];
	} __attribute__((packed)) request = { OPTION_MAGIC, htonl(OPTION_EXPORT), 0, "" };
	size_t bytes = strlen(name);

	if (bytes > NAME_BYTES_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	request.bytes = htonl((uint32_t)bytes);
	memcpy(request.name, name, bytes);
	return say(fd, &request, sizeof(request) - NAME_BYTES_MAX + bytes);
}

int nbd_hello(int fd, const char *name, struct nbd_export *export)
{
	struct {
		char magic[16];
		uint16_t flags;
	} __attribute__((packed)) hello;
	struct {
		uint64_t bytes;
		uint16_t flags;
	} __attribute__((packed)) answer;
	char zeroes[ZEROES];
	uint32_t flags;

	if (receive(fd, &hello, sizeof(hello)))
		return -1;
	flags = ntohs(hello.flags) & (FLAG_FIXED | FLAG_NO_ZEROES);
	if (memcmp(hello.magic, HELLO_MAGIC, sizeof(hello.magic)) || !(flags & FLAG_FIXED)) {
		errno = EPROTO;
		return -1;
	}
	if (say(fd, &(uint32_t){ htonl(flags) }, 4) || choose(fd, name) ||
	    receive(fd, &answer, sizeof(answer)) ||
	    (!(flags & FLAG_NO_ZEROES) && receive(fd, zeroes, sizeof(zeroes))))
		return -1;
	export->bytes = be64toh(answer.bytes);
	export->flags = ntohs(answer.flags);
	return 0;
}
