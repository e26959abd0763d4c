// SPDX-License-Identifier: GPL-2.0-only
/* NBD: nbd-server, and nbd-client or our own process that connects anew (reconnect). */
#include "run/transport.h"

#include "base/text.h"
#include "machine/server.h"

#define DEVICE "/dev/nbd0"
#define CONFIG "/nbd-server.conf"
#define NO_DH  "lib/no-dh.so" /* vm-images/server/no_dh.c */
/* It detaches itself before it listens. */
#define START "run nbd-server -C " CONFIG " -p /nbd-server.pid"

static void serve(GString *script, const struct scenario *s)
{
	text_line(script, "file " CONFIG " 5");
	text_line(script, "[generic]");
	text_line(script, "port = %u", s->swap.port);
	text_line(script, "[" SERVER_EXPORT "]");
	text_line(script, "exportname = " TRANSPORT_DISK);
	text_line(script, "sync = %s", s->swap.sync ? "true" : "false");
	text_line(script, "env LD_PRELOAD /" NO_DH);
	text_line(script, START);
	text_line(script, "wait-port %u %u", s->swap.port, TRANSPORT_SERVING_MS);
}

static void run_nbd_client(GString *script, const struct scenario *s)
{
	g_autoptr(GString) client = g_string_new("run nbd-client ");

	/* -swap: nbd-client's manual asks for it when the device is to be swapped on. */
	g_string_append_printf(client, "%s %u -N " SERVER_EXPORT " -swap -b 4096",
			       transport_server_address(s), s->swap.port);
	if (s->swap.connections > 1)
		g_string_append_printf(client, " -C %u", s->swap.connections);
	if (s->swap.timeout_s)
		g_string_append_printf(client, " -t %u", s->swap.timeout_s);
	text_line(script, "%s " DEVICE, client->str);
}

static void attach(GString *script, const struct scenario *s)
{
	if (s->swap.reconnect)
		text_line(script, "reconnect %s %u " SERVER_EXPORT " %u",
			  transport_server_address(s), s->swap.port, s->swap.timeout_s);
	else
		run_nbd_client(script, s);
	text_line(script, "wait-block " DEVICE " %u", TRANSPORT_DEVICE_MS);
	text_line(script, "mkswap " DEVICE);
	text_line(script, "swapon " DEVICE);
}

static const char *const stop[] = { "kill nbd-server", NULL };
static const char *const start[] = { START, NULL };
static const char *const options[] = { "CONFIG_BLK_DEV_NBD", NULL };
static const char *const modules[] = { "nbd", NULL };
static const char *const client_packages[] = { "nbd-client", NULL };
static const char *const client_programs[] = { "sbin/nbd-client", NULL };
static const char *const server_packages[] = { "nbd-server", NULL };
static const char *const server_programs[] = { "bin/nbd-server", NULL };
static const struct image_own server_own[] = { { NO_DH, "no-dh.so" }, { NULL, NULL } };

const struct transport_ops transport_nbd = {
	.name = "nbd",
	.options = options,
	.guest = { .modules = modules, .packages = client_packages, .programs = client_programs },
	.server = { .packages = server_packages, .programs = server_programs, .own = server_own },
	.serve = serve,
	.stop = stop,
	.start = start,
	.attach = attach,
};
