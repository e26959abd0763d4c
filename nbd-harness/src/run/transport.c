// SPDX-License-Identifier: GPL-2.0-only
#include "run/transport.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "run/addresses.h"

static const struct transport_ops *const table[] = { &transport_nbd, &transport_nfs3,
						     &transport_nfs4, &transport_nvme_tcp };

const struct transport_ops *transport_of(const struct scenario *s)
{
	for (guint i = 0; i < G_N_ELEMENTS(table); i++) {
		if (!strcmp(table[i]->name, s->swap.transport))
			return table[i];
	}
	g_assert_not_reached(); /* a scenario that loaded has one of transport_table */
}

void transport_load_modules(GString *script, const struct image_parts *parts)
{
	for (const char *const *name = parts->modules; name && *name; name++)
		text_line(script, "modprobe %s", *name);
}

const char *transport_server_address(const struct scenario *s)
{
	return s->link.pair ? PAIR_SERVER_ADDRESS : USER_HOST_ADDRESS;
}

/* "CONFIG_NFS_SWAP=y" or "=m" as a line of @config. */
static gboolean has_option(const char *config, const char *option)
{
	g_autofree char *built_in = g_strdup_printf("\n%s=y\n", option);
	g_autofree char *module = g_strdup_printf("\n%s=m\n", option);

	return strstr(config, built_in) || strstr(config, module);
}

gboolean transport_check_options(const char *wanted_by, const char *const *options,
				 const struct kernel *kernel, GError **error)
{
	g_autofree char *config = NULL;

	if (!kernel->config)
		return TRUE;
	if (!g_file_get_contents(kernel->config, &config, NULL, error))
		return FALSE;
	for (; *options; options++) {
		if (has_option(config, *options))
			continue;
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_USAGE,
			    "%s needs a kernel with %s, which %s has not (%s)", wanted_by, *options,
			    kernel->name, kernel->config);
		return FALSE;
	}
	return TRUE;
}

gboolean transport_check_kernel(const struct transport_ops *t, const struct kernel *kernel,
				GError **error)
{
	g_autofree char *wanted_by = g_strconcat("swap.transport=", t->name, NULL);

	return transport_check_options(wanted_by, t->options, kernel, error);
}
