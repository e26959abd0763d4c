// SPDX-License-Identifier: GPL-2.0-only
/*
 * The server's VM: its first NIC is on the wire to the guest, its second is the
 * harness's way to ask the server; its disk is the swap image.
 */
#include "run/peer_script.h"

#include "base/text.h"
#include "build/image.h"
#include "machine/peer.h"
#include "machine/server.h"

#define DISK	   "/dev/vda"
#define CONFIG	   "/nbd-server.conf"
#define DISK_MS	   10000
#define SERVER_MS  20000
#define NBD_CONFIG "[generic]\n\tport = %u\n[" SERVER_EXPORT "]\n\texportname = " DISK "\n"

struct kernel_request peer_kernel(void)
{
	return (struct kernel_request){ .debian = KERNEL_VERSION_DEFAULT };
}

static void load_modules(GString *script)
{
	for (guint i = 0; image_server_modules[i]; i++)
		text_line(script, "modprobe %s", image_server_modules[i]);
}

/* What comes in from the wire goes out through a device of its own, where it can be shaped. */
static void turn_ingress(GString *script)
{
	text_line(script, "run ip link set " PEER_INGRESS " up");
	text_line(script, "run tc qdisc add dev " PEER_WIRE " ingress");
	text_line(script, "run tc filter add dev " PEER_WIRE
			  " ingress matchall action mirred egress redirect dev " PEER_INGRESS);
}

static void write_file(GString *script, const char *path, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	guint n = g_strv_length(lines) - 1; /* the text ends a line */

	text_line(script, "file %s %u", path, n);
	for (guint i = 0; i < n; i++)
		text_line(script, "%s", lines[i]);
}

/* It detaches itself before it listens. */
static void start_nbd_server(GString *script, const struct scenario *s)
{
	g_autofree char *config = g_strdup_printf(NBD_CONFIG, s->swap.port);

	write_file(script, CONFIG, config);
	text_line(script, "env LD_PRELOAD /" IMAGE_NO_DH);
	text_line(script, "run nbd-server -C " CONFIG " -p /nbd-server.pid");
	text_line(script, "wait-port %u %u", s->swap.port, SERVER_MS);
}

char *peer_script_write(const struct scenario *s)
{
	GString *script = g_string_new(NULL);

	load_modules(script);
	text_line(script, "ifup " PEER_WIRE " " PEER_ADDRESS "/24");
	text_line(script, "ifup eth1 " QEMU_FORWARD_ADDRESS);
	text_line(script, "ifup lo 127.0.0.1/8");
	turn_ingress(script);
	text_line(script, "wait-block " DISK " %u", DISK_MS);
	start_nbd_server(script, s);
	text_line(script, "ready");
	return g_string_free(script, FALSE);
}
