// SPDX-License-Identifier: GPL-2.0-only
#include "run/shell.h"

#include <board.h>

#include "machine/attach.h"
#include "run/script.h"

#define ANSWER_DEADLINE_US (3 * G_USEC_PER_SEC)
#define POLL_MS		   20

void shell_say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	g_autofree char *text = g_strdup_vprintf(fmt, ap);
	va_end(ap);
	g_printerr("netswap: %s\r\n", text);
}

void shell_offer_gdb(struct machine *m, const char *vmlinux)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *socket = attach_gdb(m->qemu, m->pod, &error);

	if (!socket)
		shell_say("no debugger: %s", error->message);
	else
		shell_say("to debug it: gdb %s -ex 'target remote %s'",
			  vmlinux ? vmlinux : "(give it the kernel's debug symbols)", socket);
}

static gboolean wake(gpointer data)
{
	return G_SOURCE_CONTINUE;
}

gboolean shell_request(struct machine *m)
{
	guint timer = g_timeout_add(POLL_MS, wake, NULL);
	gint64 until_us = g_get_monotonic_time() + ANSWER_DEADLINE_US;

	machine_request(m, script_shell);
	while (!machine_has_answered(m) && g_get_monotonic_time() < until_us) {
		g_main_context_iteration(NULL, TRUE);
		machine_send_requests(m);
	}
	g_source_remove(timer);
	return machine_has_answered(m);
}
