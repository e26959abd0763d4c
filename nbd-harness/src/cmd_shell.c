// SPDX-License-Identifier: GPL-2.0-only
/* netswap shell: a scenario's machine, swap on, with a shell on its console instead of pressure. */
#include <board.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"
#include "base/options.h"
#include "cmd.h"
#include "run/boot.h"
#include "run/open.h"
#include "run/script.h"
#include "run/shell.h"

#define LOOK_EVERY_MS 200

static char **sets;
static gboolean gdb;

static const GOptionEntry entries[] = {
	{ "gdb", 0, 0, G_OPTION_ARG_NONE, &gdb, "Let a debugger in, and say how to attach it",
	  NULL },
	{ "set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &sets,
	  "Override a key of the scenario; may be given again", "SECTION.KEY=VALUE" },
	{ NULL, 0, 0, 0, NULL, NULL, NULL },
};

static const char about[] = "Ctrl-] ends it. Pressure can be started by hand:\n"
			    "  /bin/workload anon total_bytes=268435456 passes=2 seed=1";

struct session {
	GMainLoop *loop;
	struct machine *machine;
	gboolean failed; /* the guest's preparation; a shell was asked for all the same */
};

static void on_child_ended(const char *name, int status, gpointer data)
{
	g_main_loop_quit(((struct session *)data)->loop);
}

static void on_qmp_event(const char *event, gpointer data)
{
	struct session *session = data;

	if (!strcmp(event, "SHUTDOWN") || !strcmp(event, "closed"))
		g_main_loop_quit(session->loop);
	else if (!strcmp(event, "GUEST_PANICKED"))
		shell_say("the guest panicked and stands still, to be read; Ctrl-] ends it");
}

static gboolean on_signal(gpointer loop)
{
	g_main_loop_quit(loop);
	return G_SOURCE_CONTINUE;
}

/* What the scenario asks for may fail in the guest; who wanted a shell gets one all the more. */
static gboolean look_for_failure(gpointer data)
{
	struct session *session = data;
	const struct board *board = session->machine ? session->machine->board : NULL;

	if (!board || board->phase != BOARD_FAILED)
		return G_SOURCE_CONTINUE;
	session->failed = TRUE;

	g_autofree char *error = open_text(board->error, sizeof(board->error));

	shell_say("%s; here is a shell without that", error);
	if (!shell_request(session->machine))
		shell_say("PID 1 of the guest does not answer");
	return G_SOURCE_REMOVE;
}

static gboolean run_machine(const struct scenario *s, const struct boot *boot, int log_fd,
			    GError **error)
{
	g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
	struct session session = { .loop = loop };
	struct machine_events events = { on_child_ended, on_qmp_event, &session };
	struct machine_config config = boot_machine_config(boot);
	g_autofree char *script = script_write_shell(s);
	guint interrupt = g_unix_signal_add(SIGINT, on_signal, loop);
	guint terminate = g_unix_signal_add(SIGTERM, on_signal, loop);
	guint look = g_timeout_add(LOOK_EVERY_MS, look_for_failure, &session);
	gboolean ok;

	config.console_fd = config.qemu_log_fd = config.server_log_fd = log_fd;
	config.peer.console_fd = log_fd;
	config.interactive = TRUE;
	session.machine = machine_start(s, &config, &events, error);
	if (session.machine && gdb)
		shell_offer_gdb(session.machine, boot->kernel->vmlinux);
	ok = session.machine && machine_go(session.machine, script, error);
	if (ok)
		g_main_loop_run(loop);
	machine_free(session.machine);
	g_source_remove(interrupt);
	g_source_remove(terminate);
	if (!session.failed)
		g_source_remove(look);
	return ok;
}

static gboolean shell(const char *name, GError **error)
{
	SCOPED(scenario) s = scenario_load(name, sets, error);
	struct boot boot = { 0 };
	gboolean ok = s && boot_obtain(s, TRUE, &boot, error);

	if (ok) {
		int log_fd = memfd_create("netswap-log", MFD_CLOEXEC);

		ok = run_machine(s, &boot, log_fd, error);
		close(log_fd);
	}
	boot_clear(&boot);
	return ok;
}

int cmd_shell(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;

	if (!options_parse(&argc, &argv, entries, "SCENARIO", about, &error))
		return options_fail(error);
	if (argc != 2)
		g_set_error(&error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE, "name one scenario");
	else
		shell(argv[1], &error);
	return error ? options_fail(error) : NETSWAP_EXIT_AS_EXPECTED;
}
