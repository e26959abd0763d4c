// SPDX-License-Identifier: GPL-2.0-only
/* netswap shell: a scenario's machine, swap on, with a shell on its console instead of pressure. */
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
#include "run/script.h"

static char **sets;

static const GOptionEntry entries[] = {
	{ "set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &sets,
	  "Override a key of the scenario; may be given again", "SECTION.KEY=VALUE" },
	{ NULL, 0, 0, 0, NULL, NULL, NULL },
};

static const char about[] = "Ctrl-] ends it. Pressure can be started by hand:\n"
			    "  /bin/workload anon total_bytes=268435456 passes=2 seed=1";

static void on_child_ended(const char *name, int status, gpointer loop)
{
	g_main_loop_quit(loop);
}

static void on_qmp_event(const char *event, gpointer loop)
{
	if (!strcmp(event, "SHUTDOWN") || !strcmp(event, "closed"))
		g_main_loop_quit(loop);
}

static gboolean on_signal(gpointer loop)
{
	g_main_loop_quit(loop);
	return G_SOURCE_CONTINUE;
}

static gboolean run_machine(const struct scenario *s, const struct machine_config *config,
			    const char *script, GError **error)
{
	g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
	struct machine_events events = { on_child_ended, on_qmp_event, loop };
	guint interrupt = g_unix_signal_add(SIGINT, on_signal, loop);
	guint terminate = g_unix_signal_add(SIGTERM, on_signal, loop);
	struct machine *m = machine_start(s, config, &events, error);
	gboolean ok = m && machine_go(m, script, error);

	if (ok)
		g_main_loop_run(loop);
	machine_free(m);
	g_source_remove(interrupt);
	g_source_remove(terminate);
	return ok;
}

static gboolean shell(const char *name, GError **error)
{
	SCOPED(scenario) s = scenario_load(name, sets, error);
	struct boot boot = { 0 };
	gboolean ok = s && boot_obtain(s, TRUE, &boot, error);

	if (ok) {
		g_autofree char *script = script_write_shell(s);
		struct machine_config config = boot_machine_config(&boot);
		int log_fd = memfd_create("netswap-log", MFD_CLOEXEC);

		config.console_fd = config.qemu_log_fd = config.server_log_fd = log_fd;
		config.interactive = TRUE;
		ok = run_machine(s, &config, script, error);
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
