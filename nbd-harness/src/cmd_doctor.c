// SPDX-License-Identifier: GPL-2.0-only
/*
 * netswap doctor: what a run needs of this host, one finding a line: what was
 * found and, where that is not enough, what to do.  Each check is one
 * function; none changes anything but the cache folder, which it creates.
 */
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/error.h"
#include "base/json.h"
#include "base/options.h"
#include "build/cache.h"
#include "build/tool.h"
#include "cmd.h"
#include "machine/pod.h"
#include "machine/qemu.h"

#define MIB (1ull << 20)
#define GIB (1ull << 30)
/* A source package, its unpacked tree, one build tree with debug information, and the entry. */
#define CACHE_WANTED_BYTES (8 * GIB)
#define CACHE_NEEDED_BYTES (1 * GIB)
/* Guest RAM of the shipped scenarios, QEMU, and linking a vmlinux with debug information. */
#define MEMORY_WANTED_BYTES (2 * GIB)
#define MEMORY_NEEDED_BYTES (512 * MIB)

enum state {
	STATE_OK,
	STATE_WARNING, /* works, but not well or not everything */
	STATE_MISSING, /* runs will fail */
};

static const char *const state_names[] = { "ok", "warning", "missing" };

struct doctor {
	gboolean json;
	enum state worst;
};

/* Print one finding; @remedy is NULL when there is nothing to do. */
static void report(struct doctor *doctor, enum state state, const char *name, const char *found,
		   const char *remedy)
{
	doctor->worst = MAX(doctor->worst, state);
	if (doctor->json) {
		g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);
		g_autofree char *line = NULL;
		JsonObject *object = json_object_new();

		json_object_set_string_member(object, "name", name);
		json_object_set_string_member(object, "state", state_names[state]);
		json_object_set_string_member(object, "found", found);
		if (remedy)
			json_object_set_string_member(object, "remedy", remedy);
		json_node_take_object(node, object);
		line = json_text(node, FALSE);
		g_print("%s\n", line);
	} else {
		g_print("%-8s %-18s %s%s%s\n", state_names[state], name, found, remedy ? "; " : "",
			remedy ? remedy : "");
	}
}

static void check_programs(struct doctor *doctor)
{
	static const struct {
		const char *program, *package;
		enum state without;
	} programs[] = {
		{ "qemu-system-x86_64", "qemu-system-x86", STATE_MISSING },
		{ "nbd-server", "nbd-server", STATE_MISSING },
		{ "nbdkit", "nbdkit", STATE_WARNING },
		{ "qemu-nbd", "qemu-utils", STATE_WARNING },
		{ "apt-get", "apt", STATE_MISSING },
		{ "dpkg-deb", "dpkg", STATE_MISSING },
		{ "gcc", "gcc", STATE_MISSING },
		{ "make", "make", STATE_MISSING },
		{ "flex", "flex", STATE_MISSING },
		{ "bison", "bison", STATE_MISSING },
		{ "bc", "bc", STATE_MISSING },
		{ "pahole", "pahole", STATE_MISSING },
		{ "patch", "patch", STATE_MISSING },
		{ "xz", "xz-utils", STATE_MISSING },
		{ "depmod", "kmod", STATE_WARNING },
		{ "mksquashfs", "squashfs-tools", STATE_WARNING },
	};

	for (guint i = 0; i < G_N_ELEMENTS(programs); i++) {
		g_autofree char *path = g_find_program_in_path(programs[i].program);
		g_autofree char *remedy = g_strdup_printf(
			"install %s (scripts/install-packages installs all)", programs[i].package);

		if (path)
			report(doctor, STATE_OK, programs[i].program, path, NULL);
		else
			report(doctor, programs[i].without, programs[i].program, "not in PATH",
			       remedy);
	}
}

static void ignore_exit(struct pod_child *child, gpointer data)
{
}

static void check_isolation(struct doctor *doctor)
{
	g_autoptr(GError) error = NULL;
	struct pod *pod = pod_new(ignore_exit, NULL, &error);

	if (pod)
		report(doctor, STATE_OK, "isolation", "a private network, pid and mount namespace",
		       NULL);
	else
		report(doctor, STATE_MISSING, "isolation", error->message,
		       "run as root, or allow user namespaces "
		       "(sysctl kernel.unprivileged_userns_clone=1)");
	pod_free(pod);
}

static void check_accelerator(struct doctor *doctor)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *reason = NULL;
	const char *accel = accel_choose("auto", &reason, &error);
	g_autofree char *found =
		g_strdup_printf("%s: %s", accel ? accel : "none", accel ? reason : error->message);

	if (!accel)
		report(doctor, STATE_MISSING, "accelerator", found, "see the QEMU line");
	else if (!strcmp(accel, "kvm"))
		report(doctor, STATE_OK, "accelerator", found, NULL);
	else
		report(doctor, STATE_WARNING, "accelerator", found,
		       "runs are emulated and several times slower");
}

/* Compare @bytes with what is wanted (else a warning) and needed (else missing). */
static void report_bytes(struct doctor *doctor, const char *name, const char *what, guint64 bytes,
			 guint64 wanted_bytes, guint64 needed_bytes, const char *remedy)
{
	g_autofree char *found = g_strdup_printf("%.1f GiB %s, %.1f wanted", (double)bytes / GIB,
						 what, (double)wanted_bytes / GIB);
	enum state state = bytes >= wanted_bytes   ? STATE_OK
			   : bytes >= needed_bytes ? STATE_WARNING
						   : STATE_MISSING;

	report(doctor, state, name, found, state == STATE_OK ? NULL : remedy);
}

static void check_disk(struct doctor *doctor)
{
	const char *folder = netswap_cache_dir();
	g_autofree char *what = g_strdup_printf("free in %s", folder);
	struct statvfs fs;

	if (statvfs(folder, &fs)) {
		report(doctor, STATE_MISSING, "disk", "the cache folder cannot be examined",
		       "set NETSWAP_CACHE to another folder");
		return;
	}
	report_bytes(doctor, "disk", what, (guint64)fs.f_bavail * fs.f_frsize, CACHE_WANTED_BYTES,
		     CACHE_NEEDED_BYTES, "make room, or set NETSWAP_CACHE to another folder");
}

static void check_memory(struct doctor *doctor)
{
	g_autofree char *text = NULL;
	const char *line = NULL;
	unsigned long long kib = 0;

	if (g_file_get_contents("/proc/meminfo", &text, NULL, NULL))
		line = strstr(text, "\nMemAvailable:");
	if (!line || sscanf(line, "\nMemAvailable: %llu kB", &kib) != 1) {
		report(doctor, STATE_WARNING, "memory", "/proc/meminfo does not say", NULL);
		return;
	}
	report_bytes(doctor, "memory", "available", kib << 10, MEMORY_WANTED_BYTES,
		     MEMORY_NEEDED_BYTES, "end other programs, or lower machine.memory");
}

static void check_cpus(struct doctor *doctor)
{
	guint cpus = g_get_num_processors();
	g_autofree char *found = g_strdup_printf("%u", cpus);

	report(doctor, cpus >= 2 ? STATE_OK : STATE_WARNING, "processors", found,
	       cpus >= 2 ? NULL : "guest and server share it; runs are slow");
}

static void count_line(const char *line, gpointer data)
{
	guint *lines = data;

	*lines += 1;
}

/* Kernels come from Debian packages, by the sources that apt has. */
static void check_apt(struct doctor *doctor)
{
	const char *const argv[] = { "apt-get", "indextargets", "Created-By: Packages", NULL };
	g_autoptr(GError) error = NULL;
	g_autofree char *found = NULL;
	guint lines = 0;

	if (!tool_run(argv, NULL, NULL, count_line, &lines, &error)) {
		report(doctor, STATE_MISSING, "apt sources", error->message, "repair apt");
		return;
	}
	found = g_strdup_printf("%s package lists", lines ? "has" : "no");
	report(doctor, lines ? STATE_OK : STATE_MISSING, "apt sources", found,
	       lines ? NULL : "add a Debian source to /etc/apt and run apt-get update");
}

int cmd_doctor(int argc, char **argv)
{
	struct doctor doctor = { 0 };
	const GOptionEntry entries[] = {
		{ "json", 0, 0, G_OPTION_ARG_NONE, &doctor.json, "One JSON object a line", NULL },
		{ NULL },
	};
	g_autoptr(GError) error = NULL;

	if (!options_parse(&argc, &argv, entries, NULL,
			   "Exits with 0 when nothing is missing, else with 125.", &error))
		return options_fail(error);
	if (argc != 1) {
		g_set_error(&error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE, "takes no operand %s",
			    argv[1]);
		return options_fail(error);
	}
	check_programs(&doctor);
	check_isolation(&doctor);
	check_accelerator(&doctor);
	check_disk(&doctor);
	check_memory(&doctor);
	check_cpus(&doctor);
	check_apt(&doctor);
	return doctor.worst == STATE_MISSING ? NETSWAP_EXIT_INFRA : NETSWAP_EXIT_AS_EXPECTED;
}
