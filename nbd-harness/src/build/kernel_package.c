// SPDX-License-Identifier: GPL-2.0-only
#include "build/kernel_package.h"

#include <glib/gstdio.h>
#include <string.h>

#include "base/error.h"
#include "base/paths.h"
#include "base/progress.h"
#include "build/cache.h"
#include "build/tool.h"

#define SOURCE_UNPACKED_BYTES (2ull << 30) /* 1.6 GiB in 6.12, and the package */
#define IMAGE_UNPACKED_BYTES  (1ull << 30)

static char *fetch_script(void)
{
	return g_build_filename(netswap_data_dir(), "scripts", "kernel-fetch", NULL);
}

/* An apt of our own, for suites that the host's does not have. */
static char *apt_state_dir(void)
{
	return g_build_filename(netswap_cache_dir(), "apt", NULL);
}

static char *pin_path(const char *kind, const char *version)
{
	g_autofree char *name = g_strdup_printf("linux-%s-%s", kind, version);

	return g_build_filename(netswap_cache_dir(), "pins", name, NULL);
}

/* The script's last line of output is its answer. */
static void keep_line(const char *line, gpointer data)
{
	char **answer = data;

	g_free(*answer);
	*answer = g_strdup(line);
}

static gboolean remember(const char *path, const char *answer, GError **error)
{
	g_autofree char *dir = g_path_get_dirname(path);

	g_mkdir_with_parents(dir, 0755);
	return g_file_set_contents(path, answer, -1, error);
}

char *kernel_package_version(const char *kind, const char *version, GError **error)
{
	g_autofree char *script = fetch_script();
	g_autofree char *state = apt_state_dir();
	g_autofree char *pin = pin_path(kind, version);
	g_autofree char *answer = NULL;
	const char *const argv[] = { script, "--state", state, "query", kind, version, NULL };
	struct progress *progress;
	gboolean ok;

	if (g_file_get_contents(pin, &answer, NULL, NULL))
		return g_strchomp(g_steal_pointer(&answer));
	progress = progress_begin("kernel package");
	progress_update(progress, -1, "asking apt for %s %s", kind, version);
	ok = tool_run(argv, NULL, NULL, keep_line, &answer, error) && answer;
	progress_end(progress, "%s", ok ? answer : "not found");
	if (!ok || !remember(pin, answer, error))
		return NULL;
	return g_steal_pointer(&answer);
}

void kernel_package_update(const char *kind, const char *version)
{
	g_autofree char *pin = pin_path(kind, version);

	g_unlink(pin);
}

static char *package_key(const char *package)
{
	return g_strdelimit(g_strdup(package), " /:", '_');
}

char *kernel_package_dir(const char *package)
{
	g_autofree char *key = package_key(package);

	return g_build_filename(netswap_cache_dir(), "sources", key, NULL);
}

gboolean kernel_package_fetch(const char *kind, const char *version, const char *package,
			      GError **error)
{
	g_autofree char *script = fetch_script();
	g_autofree char *state = apt_state_dir();
	g_autofree char *key = package_key(package);
	SCOPED(cache_entry) entry = cache_begin("sources", key, package, error);
	gboolean source = !strcmp(kind, "source");
	g_autofree char *got = NULL;
	struct progress *progress;
	gboolean ok;

	if (!entry)
		return FALSE;
	if (!entry->work)
		return TRUE;
	if (!cache_has_room(source ? SOURCE_UNPACKED_BYTES : IMAGE_UNPACKED_BYTES, package, error))
		return FALSE;

	const char *const argv[] = { script, "--state", state,	     "unpack",
				     kind,   version,	entry->work, NULL };
	progress = progress_begin(package);
	progress_update(progress, -1, "downloading and unpacking");
	ok = tool_run(argv, NULL, NULL, keep_line, &got, error);
	progress_end(progress, ok ? "fetched" : "failed");
	if (ok && g_strcmp0(got, package)) {
		g_set_error(
			error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA,
			"the mirror has replaced %s by %s: run netswap kernel fetch %s to move on",
			package, got, version);
		return FALSE;
	}
	return ok && cache_commit(entry, error);
}
