// SPDX-License-Identifier: GPL-2.0-only
/*
 * The server's VM: its first NIC is on the wire to the guest, its second is the
 * harness's way to ask the server; its disk is the swap image.
 */
#include "run/peer_script.h"

#include "base/text.h"
#include "machine/peer.h"
#include "run/addresses.h"
#include "run/root.h"
#include "run/script.h"
#include "run/transport.h"

#define DISK_MS 10000

const struct image_parts peer_image = {
	.own = (const struct image_own[]){ { "init", "init" }, { NULL, NULL } },
	.packages = (const char *const[]){ "iproute2", NULL },
	.programs = (const char *const[]){ "bin/ip", "bin/ss", "sbin/tc", NULL },
	.modules = (const char *const[]){ "virtio_pci", "virtio_net",
					  "virtio_blk", /* its devices */
					  "ifb", "sch_ingress", "sch_netem", "cls_matchall",
					  "act_mirred", /* what shapes the link */
					  "tcp_diag",	/* for ss to end connections */
					  NULL },
};

struct kernel_request peer_kernel(void)
{
	return (struct kernel_request){ .debian = KERNEL_VERSION_DEFAULT };
}

/* What comes in from the wire goes out through a device of its own, where it can be shaped. */
static void turn_ingress(GString *script)
{
	text_line(script, "run ip link set " PEER_INGRESS " up");
	text_line(script, "run tc qdisc add dev " PEER_WIRE " ingress");
	text_line(script, "run tc filter add dev " PEER_WIRE
			  " ingress matchall action mirred egress redirect dev " PEER_INGRESS);
}

char *peer_script_write(const struct scenario *s)
{
	const struct transport_ops *t = transport_of(s);
	GString *script = g_string_new(NULL);

	transport_load_modules(script, &peer_image);
	text_line(script, "ifup " PEER_WIRE " " PAIR_SERVER_LENGTH);
	text_line(script, "ifup eth1 " QEMU_FORWARD_ADDRESS);
	text_line(script, "ifup lo 127.0.0.1/8");
	turn_ingress(script);
	text_line(script, "wait-block " TRANSPORT_DISK " %u", DISK_MS);
	transport_load_modules(script, &t->server);
	root_serve(script, s);
	t->serve(script, s);
	text_line(script, "ready");
	return g_string_free(script, FALSE);
}

char *peer_cmdline(const struct scenario *s, const struct kernel *kernel, const char *accel)
{
	g_autofree char *base = script_base_cmdline(kernel, accel);

	return g_strconcat(base, " ", s->link.server_cmdline, NULL);
}
