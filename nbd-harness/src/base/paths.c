// SPDX-License-Identifier: GPL-2.0-only
#include "base/paths.h"

#include <glib.h>

static gboolean is_source_tree(const char *folder)
{
	g_autofree char *scripts = g_build_filename(folder, "scripts", "kernel-build", NULL);

	return g_file_test(scripts, G_FILE_TEST_IS_REGULAR);
}

const char *netswap_data_dir(void)
{
	static char *folder;
	const char *wanted = g_getenv("NETSWAP_DATA");

	if (folder)
		return folder;
	if (!wanted || !*wanted)
		wanted = is_source_tree(NETSWAP_SOURCE_DIR) ? NETSWAP_SOURCE_DIR : NETSWAP_DATA_DIR;
	folder = g_canonicalize_filename(wanted, NULL);
	return folder;
}
