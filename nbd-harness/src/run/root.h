/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the guest's programs lie: in the image that it boots from, or
 * (machine.root=nfs3) in a folder of the server's VM that it mounts over NFSv3 and
 * makes its root once swap is on: a diskless client, whose programs are read again
 * over the link after their pages were taken.
 */
#ifndef NETSWAP_RUN_ROOT_H
#define NETSWAP_RUN_ROOT_H

#include "build/image.h"
#include "build/kernel.h"
#include "run/nfsd.h"
#include "scenario/scenario.h"

/* What the images need for it beyond the transport's; NULL: nothing. */
const struct image_parts *root_guest_image(const struct scenario *s);
const struct image_parts *root_server_image(const struct scenario *s);
gboolean root_check_kernel(const struct scenario *s, const struct kernel *kernel, GError **error);
/* Its folder; dir NULL: there is none. */
struct nfsd_export root_export(const struct scenario *s);
/* Lines for the server's PID 1, before the transport's (where that serves with nfsd itself, it is
 * to export the folder, too); for the guest's, after swapon. */
void root_serve(GString *script, const struct scenario *s);
void root_enter(GString *script, const struct scenario *s);

#endif
