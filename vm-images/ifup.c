// SPDX-License-Identifier: GPL-2.0-only
/*
 * The verb ifup: a static address by ioctl, since a DHCP client would be one
 * more program in the guest and one more second at boot.
 *
 * It returns when the device has a carrier: packets sent earlier are lost, and
 * the first retransmission of TCP comes only after a second.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <net/route.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "init.h"

#define CARRIER_TIMEOUT_MS 10000

/* Device names are arrays of IFNAMSIZ characters, as in struct ifreq. */

/* The first network device that stands on hardware, into @name; 0 if there is none. */
static int first_device(char *name)
{
	struct dirent *entry;
	char path[320];
	DIR *dir = opendir("/sys/class/net");
	int found = 0;

	if (!dir)
		return 0;
	while (!found && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "/sys/class/net/%s/device", entry->d_name);
		if (entry->d_name[0] == '.' || access(path, F_OK))
			continue;
		snprintf(name, IFNAMSIZ, "%.15s", entry->d_name);
		found = 1;
	}
	closedir(dir);
	return found;
}

static int set_address(int fd, unsigned long request, const char *device, struct in_addr address)
{
	struct ifreq ifr = { 0 };
	struct sockaddr_in *in = (struct sockaddr_in *)&ifr.ifr_addr;

	memcpy(ifr.ifr_name, device, IFNAMSIZ);
	in->sin_family = AF_INET;
	in->sin_addr = address;
	return ioctl(fd, (int)request, &ifr);
}

static int set_up(int fd, const char *device)
{
	struct ifreq ifr = { 0 };

	memcpy(ifr.ifr_name, device, IFNAMSIZ);
	if (ioctl(fd, SIOCGIFFLAGS, &ifr))
		return -1;
	ifr.ifr_flags |= IFF_UP | IFF_RUNNING;
	return ioctl(fd, SIOCSIFFLAGS, &ifr);
}

static int add_gateway(int fd, struct in_addr gateway)
{
	struct rtentry route = { .rt_flags = RTF_UP | RTF_GATEWAY };
	struct sockaddr_in *to = (struct sockaddr_in *)&route.rt_dst;
	struct sockaddr_in *mask = (struct sockaddr_in *)&route.rt_genmask;
	struct sockaddr_in *via = (struct sockaddr_in *)&route.rt_gateway;

	to->sin_family = mask->sin_family = via->sin_family = AF_INET;
	via->sin_addr = gateway;
	return ioctl(fd, SIOCADDRT, &route);
}

static int has_carrier(const char *device)
{
	char path[64], state = '0';
	int fd;

	snprintf(path, sizeof(path), "/sys/class/net/%s/carrier", device);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	(void)!read(fd, &state, 1);
	close(fd);
	return state == '1';
}

/* Of the driver itself: IFF_RUNNING follows up to a second later. */
static int wait_carrier(const char *device)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	uint64_t deadline_us = now_us() + CARRIER_TIMEOUT_MS * 1000;

	while (!has_carrier(device)) {
		if (now_us() > deadline_us) {
			errno = ETIMEDOUT;
			return -1;
		}
		nanosleep(&pause, NULL);
	}
	return 0;
}

static int bring_up(int fd, const char *device, struct in_addr address, struct in_addr mask)
{
	if (set_address(fd, SIOCSIFADDR, device, address))
		return fail("cannot give %s an address", device);
	if (set_address(fd, SIOCSIFNETMASK, device, mask))
		return fail("cannot give %s a netmask", device);
	if (set_up(fd, device))
		return fail("cannot bring %s up", device);
	if (wait_carrier(device))
		return fail("%s got no carrier", device);
	return 0;
}

int verb_ifup(char *args)
{
	char *wanted = next_word(&args);
	char *text = next_word(&args);
	char *via = next_word(&args);
	char *slash = strchr(text, '/');
	struct in_addr address, mask, gateway;
	char device[IFNAMSIZ] = "";
	unsigned int length;
	int fd, ret;

	snprintf(device, sizeof(device), "%.15s", wanted);
	if (!strcmp(wanted, "auto") && !first_device(device))
		return fail("the guest has no network device (is its driver loaded?)");
	errno = 0;
	if (!slash)
		return fail("'%s' is not ADDRESS/LENGTH", text);
	*slash = '\0';
	length = (unsigned int)atoi(slash + 1);
	if (!inet_aton(text, &address) || length < 1 || length > 32 ||
	    (*via && !inet_aton(via, &gateway)))
		return fail("'%s/%s %s' is not ADDRESS/LENGTH [GATEWAY]", text, slash + 1, via);
	mask.s_addr = htonl(~0u << (32 - length));

	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return fail("cannot open a socket");
	ret = bring_up(fd, device, address, mask);
	if (!ret && *via && add_gateway(fd, gateway))
		ret = fail("cannot route through %s", via);
	close(fd);
	return ret;
}
