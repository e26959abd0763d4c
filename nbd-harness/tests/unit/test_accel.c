// SPDX-License-Identifier: GPL-2.0-only
/*
 * The accelerator probe against the real host, and against QEMUs that hang,
 * fail, or are missing.  The choice is made once per process, so each case
 * runs in a process of its own ("--choose WANTED" prints the choice).
 */
#include "machine/qemu.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

static int choose(const char *wanted)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *reason = NULL;
	const char *accel = accel_choose(wanted, &reason, &error);

	printf("%s: %s\n", accel ? accel : "none", accel ? reason : error->message);
	return !accel && !g_error_matches(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA);
}

/* What accel_choose() says where QEMU is the shell script @qemu (NULL: the host's). */
static char *choice_with(const char *qemu, const char *wanted, gint64 *took_ms)
{
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
	/* Not under /tmp, which is another one inside a pod. */
	g_autofree char *folder = g_strdup("/var/tmp/netswap-test-XXXXXX");
	g_autofree char *program = NULL;
	g_autofree char *path = NULL;
	char *argv[] = { self, "--choose", (char *)wanted, NULL };
	g_auto(GStrv) env = g_get_environ();
	char *out = NULL;
	gint64 began = g_get_monotonic_time();

	g_assert_nonnull(g_mkdtemp_full(folder, 0755));
	program = g_build_filename(folder, "qemu-system-x86_64", NULL);
	path = g_strdup_printf("%s:%s", folder, g_getenv("PATH"));
	if (qemu) {
		g_assert_true(g_file_set_contents_full(program, qemu, -1, G_FILE_SET_CONTENTS_NONE,
						       0755, NULL));
		env = g_environ_setenv(env, "PATH", path, TRUE);
	}
	g_assert_true(
		g_spawn_sync(NULL, argv, env, G_SPAWN_DEFAULT, NULL, NULL, &out, NULL, NULL, NULL));
	if (took_ms)
		*took_ms = (g_get_monotonic_time() - began) / 1000;
	g_unlink(program);
	g_rmdir(folder);
	return out;
}

static gboolean no_kvm_device(void)
{
	if (access("/dev/kvm", F_OK) == 0)
		return FALSE;
	g_test_skip("this host has no /dev/kvm, so nothing is probed");
	return TRUE;
}

static void test_host(void)
{
	g_autofree char *out = choice_with(NULL, "auto", NULL);

	g_test_message("%s", out);
	g_assert_true(g_str_has_prefix(out, "kvm: ") || g_str_has_prefix(out, "tcg: "));
}

static void test_tcg(void)
{
	g_autofree char *out = choice_with("#!/bin/sh\nexit 85\n", "tcg", NULL);

	g_assert_cmpstr(out, ==, "tcg: tcg was asked for\n");
}

static void test_works(void)
{
	g_autofree char *out = NULL;

	if (no_kvm_device())
		return;
	out = choice_with("#!/bin/sh\nexit 85\n", "auto", NULL);
	g_assert_cmpstr(out, ==, "kvm: a probe guest ran under KVM\n");
}

/* The firmware itself, on a QEMU that emulates instead. */
static void test_firmware(void)
{
	g_autofree char *qemu = g_find_program_in_path("qemu-system-x86_64");
	g_autofree char *script = NULL;
	g_autofree char *out = NULL;

	if (no_kvm_device())
		return;
	if (!qemu) {
		g_test_skip("this host has no QEMU");
		return;
	}
	script = g_strdup_printf("#!/bin/sh\nargs=$(echo \"$*\" | sed 's/-accel kvm/-accel tcg/;"
				 "s/-cpu host/-cpu max/')\nexec %s $args\n",
				 qemu);
	out = choice_with(script, "auto", NULL);
	g_assert_cmpstr(out, ==, "kvm: a probe guest ran under KVM\n");
}

static void test_hangs(void)
{
	g_autofree char *out = NULL;
	gint64 took_ms = 0;

	if (no_kvm_device())
		return;
	out = choice_with("#!/bin/sh\ntrap '' TERM\nsleep 1000\n", "auto", &took_ms);
	g_assert_true(g_str_has_prefix(out, "tcg: "));
	g_assert_nonnull(strstr(out, "within 5 s"));
	g_assert_cmpint(took_ms, >=, 5000);
	g_assert_cmpint(took_ms, <, 8000);
}

static void test_fails(void)
{
	static const char qemu[] = "#!/bin/sh\necho 'Could not access KVM' >&2\nexit 1\n";
	g_autofree char *automatic = NULL;
	g_autofree char *demanded = NULL;

	if (no_kvm_device())
		return;
	automatic = choice_with(qemu, "auto", NULL);
	g_assert_true(g_str_has_prefix(automatic, "tcg: "));
	g_assert_nonnull(strstr(automatic, "Could not access KVM"));
	demanded = choice_with(qemu, "kvm", NULL);
	g_assert_true(g_str_has_prefix(demanded, "none: "));
	g_assert_nonnull(strstr(demanded, "Could not access KVM"));
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "--keeper"))
		return keeper_main(atoi(argv[2]));
	if (argc == 3 && !strcmp(argv[1], "--choose"))
		return choose(argv[2]);
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/accel/host", test_host);
	g_test_add_func("/accel/tcg", test_tcg);
	g_test_add_func("/accel/works", test_works);
	g_test_add_func("/accel/firmware", test_firmware);
	g_test_add_func("/accel/hangs", test_hangs);
	g_test_add_func("/accel/fails", test_fails);
	return g_test_run();
}
