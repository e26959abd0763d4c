// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is shared tells nothing that it should not: secrets are planted in guest
 * memory, host name, home and paths of a made-up run, and looked for in the
 * archive; what a maintainer needs is still there.
 */
#include <glib/gstdio.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "build/cache.h"
#include "report/scrub.h"
#include "report/share.h"
#include "run/conclude.h"
#include "run/record.h"

#define IN_MEMORY "s3cret-of-a-page"
#define HOST	  "planted-host"
#define USER_DIR  "planted-home"

static char *parent; /* of all that the test makes */

/* --- a text at a time -------------------------------------------------- */

static void test_scrub(void)
{
	static const struct {
		const char *before, *after;
	} cases[] = {
		{ "run --seed 1 /data/runs/a-seed1/scenario.scn", "run --seed 1 RUN/scenario.scn" },
		{ "/data/runs/a-seed1", "RUN" },
		{ "/data/runs/a-seed10/x", "PATH" },
		{ "file=\"/srv/alice/linux/vmlinux\"", "file=\"PATH\"" },
		{ "kernel.source=/srv/alice,/mnt/bob/", "kernel.source=PATH,PATH" },
		{ "of ella: ella's ella_x ellas", "of WHO: WHO's ella_x ellas" },
		{ "Linux version 6.12.1 (bob@laptop) (gcc 12)",
		  "Linux version 6.12.1 (USER@HOST) (gcc 12)" },
		{ "Object 00000010: 73 33 63 72 65 74 2d 6f 66 2d 61 2d 70 61 67 65  "
		  "s3cret-of-a-page",
		  "Object 00000010: [bytes left out]" },
		{ "raw: 0000000000000001 dead000000000122 0000000000000000 00000000ffffffff x",
		  "raw: [bytes left out]" },
		/* What stays. */
		{ "Code: 48 8b 45 00 48 89 c7 e8 00 00 <0f> 0b 48 8b 45 00 48 89 c7 e8",
		  "Code: 48 8b 45 00 48 89 c7 e8 00 00 <0f> 0b 48 8b 45 00 48 89 c7 e8" },
		{ "RSP: 0018:ffffc90000013e48 EFLAGS: 00000246 CR2: 0000000000000008",
		  "RSP: 0018:ffffc90000013e48 EFLAGS: 00000246 CR2: 0000000000000008" },
		{ "drivers/net/virtio_net.c:2714 kworker/1:2:46 and/or https://a.b/c/d",
		  "drivers/net/virtio_net.c:2714 kworker/1:2:46 and/or https://a.b/c/d" },
		{ "swapon /dev/nbd0; /bin/workload; /sys/kernel/debug/x",
		  "swapon /dev/nbd0; /bin/workload; /sys/kernel/debug/x" },
		{ "vm.min_free_kbytes of root on localhost",
		  "vm.min_free_kbytes of root on localhost" },
		{ "\xff\xfe\x1b[31m", "\xff\xfe\x1b[31m" },
		{ "", "" },
	};
	SCOPED(scrub) s = scrub_new();

	scrub_place(s, "/data/runs/a-seed1/", "RUN");
	scrub_name(s, "ella", "WHO");
	scrub_name(s, "root", "WHO");
	scrub_name(s, "vm", "WHO");
	scrub_name(s, NULL, "WHO");
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *after = scrub_text(s, cases[i].before);

		g_assert_cmpstr(after, ==, cases[i].after);
	}
}

static void test_scrub_json(void)
{
	SCOPED(scrub) s = scrub_new();
	g_autoptr(JsonNode) node =
		json_from_string("{\"ella\":[\"ella\",1,{\"a\":\"ella\"}],\"n\":null}", NULL);
	g_autofree char *text = NULL;

	scrub_name(s, "ella", "WHO");
	scrub_json(s, node);
	text = json_to_string(node, FALSE);
	g_assert_cmpstr(text, ==, "{\"ella\":[\"WHO\",1,{\"a\":\"WHO\"}],\"n\":null}");
}

/* --- a run ------------------------------------------------------------- */

static void put(const char *dir, const char *name, const char *text)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);

	g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void put_run_json(const struct record *r)
{
	static const struct judge_config config = { .boot_deadline_us = 1 };
	g_autoptr(JsonBuilder) b = json_builder_new();
	g_autofree char *replay = g_strdup_printf("netswap run %s/scenario.scn", r->dir);
	g_autofree char *vmlinux = g_strdup_printf("%s/linux/vmlinux", g_get_home_dir());
	const char *const texts[][2] = { { "scenario", "made/up" }, { "about", "a made-up run" },
					 { "expected", "PASS" },    { "kernel", "6.12.117 stock" },
					 { "replay", replay },	    { "vmlinux", vmlinux } };

	json_builder_begin_object(b);
	for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
		json_builder_set_member_name(b, texts[i][0]);
		json_builder_add_string_value(b, texts[i][1]);
	}
	judge_config_to_json(&config, b);
	json_builder_end_object(b);
	g_assert_true(record_json(r, "run.json", b, NULL));
}

/* A finished run with secrets wherever they may come from; caller frees its directory's name. */
static char *make_run(const char *name)
{
	g_autofree char *dir = g_build_filename(parent, name, NULL);
	g_autofree char *command =
		g_strdup_printf("qemu -kernel %s/linux/bzImage -x '%s'", g_get_home_dir(), dir);
	g_autofree char *note = g_strdup_printf("opened on %s in %s", g_get_host_name(), dir);
	SCOPED(record) r = record_new(dir, NULL);
	struct sample s = { .host_us = 1, .fair_us = 1 };

	g_assert_nonnull(r);
	put_run_json(r);
	record_sample(r, &s);
	record_event(r, EVENT_NOTE, &s, "note", VERDICT_PASS, note);
	put(dir, "scenario.scn",
	    "# of " HOST "\n[machine]\nsysctl.vm.x=1\n[pressure main]\ntotal=512M\n");
	put(dir, "qemu.cmd", command);
	put(dir, "console.log",
	    "Linux version 6.12.117 (bob@" HOST ") (gcc)\n"
	    "Padding 00000010: 73 33 63 72 65 74 2d 6f 66 2d 61 2d 70 61 67 65  " IN_MEMORY "\n");
	put(dir, "server.log", HOST ": nbd-server starts\n");
	put(dir, "vmcore.zst", IN_MEMORY);
	put(dir, "page-12.bin", IN_MEMORY);
	g_assert_true(conclude_replay(dir, FALSE, NULL));
	return g_steal_pointer(&dir);
}

/* Unpack @archive into a new folder, which the caller frees. */
static char *unpack(const char *archive, const char *name)
{
	g_autofree char *dir = g_build_filename(parent, name, NULL);
	const char *argv[] = { "tar", "-xf", archive, "-C", dir, NULL };
	int status = -1;

	g_assert_cmpint(g_mkdir(dir, 0755), ==, 0);
	g_assert_true(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
				   NULL, &status, NULL));
	g_assert_cmpint(status, ==, 0);
	return g_steal_pointer(&dir);
}

/* No file below @dir has @secret in it or in its name. */
static void assert_without(const char *dir, const char *secret)
{
	g_autoptr(GDir) folder = g_dir_open(dir, 0, NULL);
	const char *name;

	while ((name = g_dir_read_name(folder))) {
		g_autofree char *path = g_build_filename(dir, name, NULL);
		g_autofree char *text = NULL;
		gsize bytes;

		g_assert_null(strstr(name, secret));
		if (g_file_test(path, G_FILE_TEST_IS_DIR)) {
			assert_without(path, secret);
			continue;
		}
		g_assert_true(g_file_get_contents(path, &text, &bytes, NULL));
		if (memmem(text, bytes, secret, strlen(secret)))
			g_error("%s holds \"%s\"", path, secret);
	}
}

static gboolean has(const char *dir, const char *name)
{
	g_autofree char *path = g_build_filename(dir, "made-up", name, NULL);

	return g_file_test(path, G_FILE_TEST_EXISTS);
}

static void test_share(void)
{
	g_autofree char *dir = make_run("made-up");
	g_autofree char *archive = g_build_filename(parent, "a.tar.zst", NULL);
	g_autofree char *out = NULL, *scenario = NULL, *path = NULL;
	g_autoptr(GError) error = NULL;
	struct share share;

	g_assert_true(share_run(dir, archive, FALSE, &share, &error));
	g_assert_no_error(error);
	g_assert_cmpuint(share.omitted->len, ==, 2);
	share_clear(&share);
	out = unpack(archive, "out");
	assert_without(out, IN_MEMORY);
	if (strlen(g_get_host_name()) >= SCRUB_NAME_MIN_BYTES)
		assert_without(out, g_get_host_name());
	assert_without(out, g_get_home_dir());
	assert_without(out, parent);
	assert_without(out, "bob@");
	g_assert_false(has(out, "vmcore.zst"));
	g_assert_false(has(out, "page-12.bin"));
	g_assert_true(has(out, "report.txt"));
	g_assert_true(has(out, "report.html"));
	g_assert_true(has(out, "samples.jsonl"));

	/* What a maintainer needs is there, and can be judged again. */
	path = g_build_filename(out, "made-up", NULL);
	g_assert_true(conclude_replay(path, FALSE, &error));
	g_assert_no_error(error);
	g_free(path);
	path = g_build_filename(out, "made-up", "scenario.scn", NULL);
	g_assert_true(g_file_get_contents(path, &scenario, NULL, NULL));
	g_assert_nonnull(strstr(scenario, "sysctl.vm.x=1"));

	/* A file is never overwritten. */
	g_assert_false(share_run(dir, archive, FALSE, &share, &error));
	g_assert_error(error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE);
	share_clear(&share);
}

static void test_with_vmcore(void)
{
	g_autofree char *dir = make_run("made-up");
	g_autofree char *archive = g_build_filename(parent, "b.tar.zst", NULL);
	g_autofree char *out = NULL, *name = g_path_get_basename(dir), *core = NULL, *text = NULL;
	struct share share;

	g_assert_true(share_run(dir, archive, TRUE, &share, NULL));
	g_assert_cmpuint(share.omitted->len, ==, 1);
	share_clear(&share);
	out = unpack(archive, "out-core");
	core = g_build_filename(out, name, "vmcore.zst", NULL);
	g_assert_true(g_file_get_contents(core, &text, NULL, NULL));
	g_assert_cmpstr(text, ==, IN_MEMORY);
}

static void test_not_a_run(void)
{
	g_autofree char *archive = g_build_filename(parent, "c.tar.zst", NULL);
	g_autoptr(GError) error = NULL;
	struct share share;

	g_assert_false(share_run("/nonexistent", archive, FALSE, &share, &error));
	g_assert_nonnull(error);
	g_assert_false(g_file_test(archive, G_FILE_TEST_EXISTS));
	share_clear(&share);
}

/* Before anything asks for them: a host, a home and a folder for temporary files of our own.  Where
 * the host cannot be renamed its own name stands for the secret. */
static void plant(void)
{
	g_autofree char *home = NULL;

	parent = g_dir_make_tmp("netswap-share-test-XXXXXX", NULL);
	home = g_build_filename(parent, USER_DIR, NULL);
	g_assert_cmpint(g_mkdir(home, 0755), ==, 0);
	g_setenv("NETSWAP_CACHE", home, TRUE);
	g_setenv("HOME", home, TRUE);
	if (unshare(CLONE_NEWUTS) == 0 && sethostname(HOST, strlen(HOST)) != 0)
		g_test_message("the host keeps its name");
}

int main(int argc, char **argv)
{
	int status;

	plant();
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/share/scrub", test_scrub);
	g_test_add_func("/share/scrub-json", test_scrub_json);
	g_test_add_func("/share/run", test_share);
	g_test_add_func("/share/with-vmcore", test_with_vmcore);
	g_test_add_func("/share/not-a-run", test_not_a_run);
	status = g_test_run();
	g_assert_true(cache_remove_tree(parent, NULL));
	g_free(parent);
	return status;
}
