/* SPDX-License-Identifier: GPL-2.0-only */
/* Which programs a run used: what somebody else needs to see the same. */
#ifndef NETSWAP_RUN_VERSIONS_H
#define NETSWAP_RUN_VERSIONS_H

#include <json-glib/json-glib.h>

/* Add "versions": { "netswap": ..., "qemu": ..., "server": ..., "host": ... } to the object that
 * @b has open; what a program does not tell is null.  @backend: of server_ops_table. */
void versions_to_json(JsonBuilder *b, const char *backend);

#endif
