// SPDX-License-Identifier: GPL-2.0-only
#include "run/versions.h"

#include <string.h>
#include <sys/utsname.h>

#include "base/json.h"
#include "base/version.h"
#include "build/tool.h"
#include "machine/server.h"

static void take_first_line(const char *line, gpointer data)
{
	char **first = data;

	if (!*first)
		*first = g_strdup(line);
}

/* The first line of "PROGRAM --version", or NULL; caller frees. */
static char *version_of(const char *program)
{
	const char *const argv[] = { program, "--version", NULL };
	g_autoptr(GError) error = NULL;
	char *line = NULL;

	if (!tool_run(argv, NULL, NULL, take_first_line, &line, &error))
		g_debug("%s", error->message);
	return line;
}

void versions_to_json(JsonBuilder *b, const char *backend)
{
	const struct server_ops *ops = server_ops_find(backend);
	g_autofree char *qemu = version_of("qemu-system-x86_64");
	g_autofree char *server = ops && ops->program ? version_of(ops->program) : NULL;
	g_autofree char *netswap = g_strdup_printf("%s (%s)", NETSWAP_VERSION, netswap_revision);
	g_autofree char *host = NULL;
	struct utsname u;

	if (!uname(&u))
		host = g_strdup_printf("%s %s %s", u.sysname, u.release, u.machine);
	json_open_object(b, "versions");
	json_add_string(b, "netswap", netswap);
	json_add_string(b, "qemu", qemu);
	json_add_string(b, "server", server);
	json_add_string(b, "host", host);
	json_builder_end_object(b);
}
