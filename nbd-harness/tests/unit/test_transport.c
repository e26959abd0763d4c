// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transports: each of the scenarios' has its ops; what either PID 1 is told is
 * made of verbs that it has, and of programs and modules that its image holds;
 * a kernel that lacks an option is refused by its name.
 */
#include "run/transport.h"

#include <glib/gstdio.h>
#include <string.h>

#include "base/error.h"
#include "run/addresses.h"
#include "run/nfsd.h"
#include "run/peer_script.h"
#include "run/root.h"
#include "run/script.h"
#include "scenario/keys.h"

#define PRESSURE "[pressure main]\ntotal=64M\n"

static struct scenario *parse(const char *text)
{
	g_autoptr(GError) error = NULL;
	struct scenario *s = scenario_parse(text, strlen(text), "t.scn", NULL, &error);

	g_assert_no_error(error);
	return s;
}

/* A server in a VM of its own, and @keys of [swap]. */
static struct scenario *over(const char *transport, const char *keys)
{
	g_autofree char *text = g_strdup_printf(
		PRESSURE "[link]\nkind=pair\n[swap]\ntransport=%s\n%s", transport, keys);

	return parse(text);
}

static char *attach_script(const struct scenario *s)
{
	GString *script = g_string_new(NULL);

	transport_load_modules(script, &transport_of(s)->guest);
	transport_of(s)->attach(script, s);
	return g_string_free(script, FALSE);
}

static void has(const char *script, const char *text)
{
	if (!strstr(script, text))
		g_error("\"%s\" is not in:\n%s", text, script);
}

static void test_of_all(gconstpointer transport)
{
	SCOPED(scenario) s = over(transport, "");
	const struct transport_ops *t = transport_of(s);

	g_assert_cmpstr(t->name, ==, transport);
	g_assert_nonnull(t->options);
	g_assert_nonnull(t->serve);
	g_assert_nonnull(t->attach);
}

/* --- scripts ------------------------------------------------------------- */

/* The table of verbs, as text: PID 1 is another program. */
static char *verbs(void)
{
	g_autoptr(GError) error = NULL;
	char *text;

	g_file_get_contents(NETSWAP_SOURCE_DIR "/vm-images/verbs.c", &text, NULL, &error);
	g_assert_no_error(error);
	return text;
}

static gboolean in_list(const char *const *list, const char *name, gboolean base_name)
{
	for (; list && *list; list++) {
		const char *slash = base_name ? strrchr(*list, '/') : NULL;

		if (!strcmp(slash ? slash + 1 : *list, name))
			return TRUE;
	}
	return FALSE;
}

static void check_line(const char *line, const struct image_parts *base,
		       const struct image_parts *more, const char *table)
{
	/* What is done in the first boot alone is a line, too. */
	gboolean once = g_str_has_prefix(line, "once ");
	g_auto(GStrv) words = g_strsplit(once ? line + strlen("once ") : line, " ", -1);
	g_autofree char *verb = g_strdup_printf("\t{ \"%s\",", words[0]);

	if (!strstr(table, verb))
		g_error("no verb: %s", line);
	if (!strcmp(words[0], "modprobe") && !in_list(base->modules, words[1], FALSE) &&
	    !in_list(more->modules, words[1], FALSE))
		g_error("its image has no such module: %s", line);
	if (!strcmp(words[0], "run") && !in_list(base->programs, words[1], TRUE) &&
	    !in_list(more->programs, words[1], TRUE))
		g_error("its image has no such program: %s", line);
}

/* The last line; the others are lines that PID 1 can carry out. */
static char *check_script(const char *script, const struct image_parts *base,
			  const struct image_parts *more)
{
	g_auto(GStrv) lines = g_strsplit(script, "\n", -1);
	g_autofree char *table = verbs();
	guint n = g_strv_length(lines);

	g_assert_cmpuint(n, >=, 2);
	g_assert_cmpstr(lines[n - 1], ==, ""); /* the last one ends, too */
	for (guint i = 0; i < n - 1; i++) {
		check_line(lines[i], base, more, table);
		/* What a file is made of is no line for PID 1. */
		if (g_str_has_prefix(lines[i], "file "))
			i += g_ascii_strtoull(strrchr(lines[i], ' '), NULL, 10);
		g_assert_cmpuint(i, <, n - 1);
	}
	return g_strdup(lines[n - 2]);
}

/* It reaches the server's VM by its address, and ends with swap on. */
static void test_attach(gconstpointer transport)
{
	static const struct image_parts none;
	SCOPED(scenario) s = over(transport, "");
	g_autofree char *script = attach_script(s);
	g_autofree char *last = check_script(script, &none, &transport_of(s)->guest);
	g_autofree char *mkswap = NULL;

	has(script, PAIR_SERVER_ADDRESS);
	g_assert_null(strstr(script, USER_HOST_ADDRESS));
	g_assert_true(g_str_has_prefix(last, "swapon /"));
	/* On what a header was written to. */
	mkswap = g_strdup_printf("\nmkswap %s\n", last + strlen("swapon "));
	has(script, mkswap);
}

static void test_serve(gconstpointer transport)
{
	SCOPED(scenario) s = over(transport, "");
	const struct image_parts *parts = &transport_of(s)->server;
	g_autofree char *script = peer_script_write(s);
	g_autofree char *last = check_script(script, &peer_image, parts);
	g_autofree char *listens = g_strdup_printf("\nwait-port %u ", s->swap.port);

	g_assert_cmpstr(last, ==, "ready");
	has(script, "\nifup eth0 " PAIR_SERVER_LENGTH "\n");
	has(script, "\nwait-block " TRANSPORT_DISK " ");
	/* Nobody is told that it serves before somebody listens. */
	g_assert_nonnull(strstr(strstr(script, TRANSPORT_DISK), listens));
}

/* Serving can be ended, and begun anew as it was begun first. */
static void test_restart(gconstpointer transport)
{
	SCOPED(scenario) s = over(transport, "");
	const struct transport_ops *t = transport_of(s);
	g_autofree char *script = peer_script_write(s), *table = verbs();

	g_assert_nonnull(*t->stop);
	g_assert_nonnull(*t->start);
	for (const char *const *line = t->stop; *line; line++)
		check_line(*line, &peer_image, &t->server, table);
	for (const char *const *line = t->start; *line; line++) {
		g_autofree char *whole = g_strdup_printf("\n%s\n", *line);

		has(script, whole);
	}
}

static void test_nbd(void)
{
	SCOPED(scenario) user = parse(PRESSURE "[swap]\nconnections=3\ntimeout=7s\n");
	SCOPED(scenario) again = over("nbd", "reconnect=yes\ntimeout=9s\nport=5\n");
	g_autofree char *client = attach_script(user), *own = attach_script(again);

	has(client, "\nrun nbd-client 10.0.2.2 10809 -N swap ");
	has(client, " -C 3 -t 7 /dev/nbd0\n");
	has(own, "\nreconnect 10.0.9.1 5 swap 9\n");
}

static void test_nfs(void)
{
	SCOPED(scenario) three = over("nfs3", "connections=4\nsize=128M\n");
	SCOPED(scenario) four = over("nfs4", "minorversion=1\n");
	g_autofree char *three_script = attach_script(three), *four_script = attach_script(four);
	g_autofree char *server = peer_script_write(three);

	has(three_script, "\nmount nfs 10.0.9.1:/export /swap vers=3,");
	has(three_script, ",addr=10.0.9.1,nconnect=4\n");
	has(three_script, ",nolock,");
	has(four_script, "\nmount nfs 10.0.9.1:/ /swap vers=4.1,clientaddr=10.0.9.2,");
	has(four_script, ",addr=10.0.9.1\n");
	has(server, "\nonce allocate /export/swap 134217728\n");
	/* fsid=0: the root of NFSv4, which is where "/" leads to. */
	has(server, "\n/export *(rw,");
	has(server, ",fsid=0)\n");
}

static char *root_script(const struct scenario *s)
{
	GString *script = g_string_new(NULL);

	root_enter(script, s);
	return g_string_free(script, FALSE);
}

/* Over each transport the guest's programs are the server's, of one nfsd; else of none. */
static void test_root(gconstpointer transport)
{
	SCOPED(scenario) s = over(transport, "[machine]\nroot=nfs3\n");
	SCOPED(scenario) plain = over(transport, "");
	const struct image_parts *more = root_server_image(s);
	g_autofree char *script = root_script(s), *server = peer_script_write(s);
	g_autofree char *none = root_script(plain);
	g_autofree char *last = check_script(script, &script_image, root_guest_image(s));
	g_auto(GStrv) starts = g_strsplit(server, NFSD_START, -1);

	g_assert_cmpstr(none, ==, "");
	g_assert_null(root_server_image(plain));
	g_assert_null(root_guest_image(plain));
	g_assert_cmpstr(last, ==, "root /newroot");
	has(script, "\nmount nfs 10.0.9.1:/root /newroot vers=3,");
	has(server, "\ncopy /bin/workload /root/bin/workload\n");
	g_assert_cmpstr(more->own->path, ==, "bin/workload");
	g_assert_cmpuint(g_strv_length(starts), ==, 2);
	/* Before anybody can ask for it. */
	has(starts[0], "\n/root *(rw,");
	has(starts[0], ",fsid=1)\n");
}

static void test_nvme_tcp(void)
{
	SCOPED(scenario) s = over("nvme-tcp", "connections=2\n");
	g_autofree char *script = attach_script(s);
	g_autofree char *server = peer_script_write(s);

	has(script, "\nwrite /dev/nvme-fabrics transport=tcp,traddr=10.0.9.1,trsvcid=4420,"
		    "nqn=nqn.2026-11.netswap:swap,");
	has(script, ",nr_io_queues=2\n");
	has(server, "/subsystems/nqn.2026-11.netswap:swap/namespaces/1/device_path /dev/vda\n");
	has(server, "/addr_trsvcid 4420\n");
}

/* --- kernels ------------------------------------------------------------- */

/* A configuration with all the transport needs, but @without (may be NULL), as @value. */
static char *config_of(const struct transport_ops *t, const char *without, char value)
{
	GString *config = g_string_new("# Linux\n");

	for (const char *const *option = t->options; *option; option++) {
		if (without && !strcmp(*option, without))
			g_string_append_printf(config, "# %1$s is not set\n%1$s_MORE=y\n", *option);
		else
			g_string_append_printf(config, "%s=%c\n", *option, value);
	}
	return g_string_free(config, FALSE);
}

static gboolean check_config(const struct transport_ops *t, const char *config, GError **error)
{
	g_autofree char *folder = g_dir_make_tmp("netswap-test-XXXXXX", NULL);
	g_autofree char *file = g_build_filename(folder, "config", NULL);
	struct kernel kernel = { .name = (char *)"6.12.1 odd", .config = file };
	gboolean ok;

	g_assert_true(g_file_set_contents(file, config, -1, NULL));
	ok = transport_check_kernel(t, &kernel, error);
	g_unlink(file);
	g_rmdir(folder);
	return ok;
}

static void test_kernel(gconstpointer transport)
{
	SCOPED(scenario) s = over(transport, "");
	const struct transport_ops *t = transport_of(s);

	for (const char *value = "ym"; *value; value++) {
		g_autofree char *config = config_of(t, NULL, *value);
		g_autoptr(GError) error = NULL;

		g_assert_true(check_config(t, config, &error));
		g_assert_no_error(error);
	}
	for (const char *const *option = t->options; *option; option++) {
		g_autofree char *config = config_of(t, *option, 'y');
		g_autofree char *said = g_strdup_printf(
			"swap.transport=%s needs a kernel with %s, which 6.12.1 odd has not (",
			t->name, *option);
		g_autoptr(GError) error = NULL;

		g_assert_false(check_config(t, config, &error));
		g_assert_error(error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE);
		g_assert_true(g_str_has_prefix(error->message, said));
	}
}

static void test_kernel_config(void)
{
	struct kernel unknown = { .name = (char *)"some bzImage" };
	struct kernel gone = { .name = (char *)"gone", .config = (char *)"/nonexistent" };
	g_autoptr(GError) error = NULL;

	g_assert_true(transport_check_kernel(&transport_nfs4, &unknown, &error));
	g_assert_no_error(error);
	g_assert_false(transport_check_kernel(&transport_nfs4, &gone, &error));
	g_assert_nonnull(strstr(error->message, "/nonexistent"));
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		GTestDataFunc test;
	} of_each[] = {
		{ "of", test_of_all },	     { "attach", test_attach }, { "serve", test_serve },
		{ "restart", test_restart }, { "kernel", test_kernel }, { "root", test_root },
	};

	g_test_init(&argc, &argv, NULL);
	for (const struct named *t = transport_table; t->name; t++) {
		for (guint i = 0; i < G_N_ELEMENTS(of_each); i++) {
			g_autofree char *path =
				g_strdup_printf("/transport/%s/%s", t->name, of_each[i].name);

			g_test_add_data_func(path, t->name, of_each[i].test);
		}
	}
	g_test_add_func("/transport/nbd/keys", test_nbd);
	g_test_add_func("/transport/nfs/keys", test_nfs);
	g_test_add_func("/transport/nvme-tcp/keys", test_nvme_tcp);
	g_test_add_func("/transport/kernel-config", test_kernel_config);
	return g_test_run();
}
