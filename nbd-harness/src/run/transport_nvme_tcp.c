// SPDX-License-Identifier: GPL-2.0-only
/*
 * NVMe over TCP: the kernel's target (nvmet), configured through configfs; the guest
 * connects by what nvme-cli writes, too, a line to /dev/nvme-fabrics.
 */
#include "run/transport.h"

#include "base/text.h"
#include "machine/server.h"

#define DEVICE	       "/dev/nvme0n1"
#define NVMET	       "/sys/kernel/config/nvmet"
#define SUBSYSTEM      NVMET "/subsystems/" SERVER_NQN
#define NAMESPACE_UUID "6e737770-0000-4000-8000-000000000002"
#define PORT	       NVMET "/ports/1"
#define EXPORTED       PORT "/subsystems/" SERVER_NQN
#define START	       "link " SUBSYSTEM " " EXPORTED

static void serve(GString *script, const struct scenario *s)
{
	text_line(script, "mount configfs configfs /sys/kernel/config");
	text_line(script, "mkdir " SUBSYSTEM "/namespaces/1");
	text_line(script, "write " SUBSYSTEM "/attr_allow_any_host 1");
	/* Else they are other ones after a reboot, and the guest would take it for another disk. */
	text_line(script, "write " SUBSYSTEM "/attr_serial 6e737770");
	text_line(script, "write " SUBSYSTEM "/namespaces/1/device_uuid " NAMESPACE_UUID);
	text_line(script, "write " SUBSYSTEM "/namespaces/1/device_path " TRANSPORT_DISK);
	text_line(script, "write " SUBSYSTEM "/namespaces/1/enable 1");
	text_line(script, "mkdir " PORT);
	text_line(script, "write " PORT "/addr_trtype tcp");
	text_line(script, "write " PORT "/addr_adrfam ipv4");
	text_line(script, "write " PORT "/addr_traddr 0.0.0.0");
	text_line(script, "write " PORT "/addr_trsvcid %u", s->swap.port);
	text_line(script, START);
	text_line(script, "wait-port %u %u", s->swap.port, TRANSPORT_SERVING_MS);
}

static void attach(GString *script, const struct scenario *s)
{
	text_line(script,
		  "write /dev/nvme-fabrics transport=tcp,traddr=%s,trsvcid=%u,nqn=" SERVER_NQN
		  ",hostnqn=" SERVER_GUEST_NQN ",hostid=" SERVER_GUEST_ID ",nr_io_queues=%u",
		  transport_server_address(s), s->swap.port, s->swap.connections);
	text_line(script, "wait-block " DEVICE " %u", TRANSPORT_DEVICE_MS);
	text_line(script, "mkswap " DEVICE);
	text_line(script, "swapon " DEVICE);
}

static const char *const stop[] = { "remove " EXPORTED, NULL };
static const char *const start[] = { START, NULL };
static const char *const options[] = { "CONFIG_NVME_TCP", NULL };
static const char *const guest_modules[] = { "nvme_core", "nvme_tcp", NULL };
static const char *const server_modules[] = { "nvmet", "nvmet_tcp", NULL };

const struct transport_ops transport_nvme_tcp = {
	.name = "nvme-tcp",
	.options = options,
	.guest = { .modules = guest_modules },
	.server = { .modules = server_modules },
	.serve = serve,
	.stop = stop,
	.start = start,
	.attach = attach,
};
