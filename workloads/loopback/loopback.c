// SPDX-License-Identifier: GPL-2.0-only
/*
 * What messages to oneself cost: PID 1 of the guest that scripts/instructions
 * boots.
 *
 *	lo up -> messages over TCP and UDP, written and read by this process, and
 *	over a Unix socket, echoed by another one -> a line for each on the console,
 *	like those of mm/netswap_bench.c (series bench), -> the guest ends
 *
 *	netswap: bench tcp-64 5120.250
 *
 * In ticks of the TSC for one message, written and read, in the cheapest of many
 * rounds: the others took interrupts. Under an emulator whose clock counts
 * instructions those are instructions, of the kernel and of the little that is
 * done here. Nothing is ever on a wire, and nobody waits but for a message that
 * is there.
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <unistd.h>
#include <x86intrin.h>

#define ROUNDS		  400
#define MESSAGES	  8 /* of a round */
#define MESSAGE_BYTES_MAX 8192

static char message[MESSAGE_BYTES_MAX] __attribute__((aligned(4096)));

/* A guest without an init panics, which ends it, too. */
static void must(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(1);
}

static void read_all(int fd, size_t bytes)
{
	for (size_t got = 0; got < bytes;) {
		ssize_t n = read(fd, message, bytes - got);

		must(n > 0, "read");
		got += (size_t)n;
	}
}

/* Messages that go into @to come out of @from. */
static void measure(const char *name, int to, int from, size_t bytes)
{
	uint64_t best = UINT64_MAX;

	for (unsigned int round = 0; round < ROUNDS; round++) {
		uint64_t start = __rdtsc(), ticks;

		for (unsigned int i = 0; i < MESSAGES; i++) {
			must(write(to, message, bytes) == (ssize_t)bytes, "write");
			read_all(from, bytes);
		}
		ticks = __rdtsc() - start;
		best = ticks < best ? ticks : best;
	}
	printf("netswap: bench %s-%zu %.3f\n", name, bytes, (double)best / MESSAGES);
	fflush(stdout);
}

static void lo_up(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	must(!ioctl(fd, SIOCSIFFLAGS, &lo), "lo");
	close(fd);
}

static int open_bound(int type, struct sockaddr_in *address)
{
	socklen_t length = sizeof(*address);
	int fd = socket(AF_INET, type, 0);

	*address = (struct sockaddr_in){ .sin_family = AF_INET,
					 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	must(!bind(fd, (struct sockaddr *)address, length), "bind");
	must(!getsockname(fd, (struct sockaddr *)address, &length), "getsockname");
	return fd;
}

static void open_tcp(int ends[2])
{
	struct sockaddr_in address;
	int listener = open_bound(SOCK_STREAM, &address);

	must(!listen(listener, 1), "listen");
	ends[0] = socket(AF_INET, SOCK_STREAM, 0);
	must(!setsockopt(ends[0], IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int)), "nodelay");
	must(!connect(ends[0], (struct sockaddr *)&address, sizeof(address)), "connect");
	ends[1] = accept(listener, NULL, NULL);
	must(ends[1] >= 0, "accept");
}

static void open_udp(int ends[2])
{
	struct sockaddr_in address;

	ends[1] = open_bound(SOCK_DGRAM, &address);
	ends[0] = socket(AF_INET, SOCK_DGRAM, 0);
	must(!connect(ends[0], (struct sockaddr *)&address, sizeof(address)), "connect");
}

/* As hackbench does it: two processes that wake each other. */
static void open_echo(int ends[2], size_t bytes)
{
	int pair[2];

	must(!socketpair(AF_UNIX, SOCK_STREAM, 0, pair), "socketpair");
	if (!fork()) {
		for (;;) {
			read_all(pair[1], bytes);
			must(write(pair[1], message, bytes) == (ssize_t)bytes, "write");
		}
	}
	ends[0] = ends[1] = pair[0];
}

int main(void)
{
	static const size_t sizes[] = { 64, 1024, 8192 };
	int tcp[2], udp[2], echo[2];

	lo_up();
	open_tcp(tcp);
	open_udp(udp);
	for (unsigned int i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
		measure("tcp", tcp[0], tcp[1], sizes[i]);
	for (unsigned int i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
		measure("udp", udp[0], udp[1], sizes[i]);
	open_echo(echo, 100);
	measure("echo", echo[0], echo[1], 100);
	reboot(RB_AUTOBOOT);
	return 1;
}
