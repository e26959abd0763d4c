// SPDX-License-Identifier: GPL-2.0-only
#include "run/root.h"

#include <string.h>

#include "base/text.h"
#include "run/transport.h"

#define DIR  "/root" /* on the server */
#define HERE "/newroot"
#define FSID 1

static const char *const options[] = { "CONFIG_NFS_V3", NULL };
static const char *const guest_modules[] = { "sunrpc", "nfs", "nfsv3", NULL };
static const struct image_own programs[] = { { "bin/workload", "workload" }, { NULL, NULL } };
static const struct image_parts guest = { .modules = guest_modules };
static const struct image_parts server = {
	.own = programs,
	.modules = nfsd_modules,
	.packages = nfsd_packages,
	.programs = nfsd_programs,
};

const struct image_parts *root_guest_image(const struct scenario *s)
{
	return s->machine.root_nfs3 ? &guest : NULL;
}

const struct image_parts *root_server_image(const struct scenario *s)
{
	return s->machine.root_nfs3 ? &server : NULL;
}

gboolean root_check_kernel(const struct scenario *s, const struct kernel *kernel, GError **error)
{
	return !s->machine.root_nfs3 ||
	       transport_check_options("machine.root=nfs3", options, kernel, error);
}

struct nfsd_export root_export(const struct scenario *s)
{
	return s->machine.root_nfs3 ? (struct nfsd_export){ DIR, FSID }
				    : (struct nfsd_export){ NULL, 0 };
}

void root_serve(GString *script, const struct scenario *s)
{
	const struct nfsd_export exports[] = { root_export(s), { NULL, 0 } };

	if (!s->machine.root_nfs3)
		return;
	text_line(script, "mount tmpfs tmpfs " DIR);
	text_line(script, "mkdir " DIR "/bin");
	for (const struct image_own *p = programs; p->path; p++)
		text_line(script, "copy /%1$s " DIR "/%1$s", p->path);
	if (g_str_has_prefix(s->swap.transport, "nfs"))
		return;
	transport_load_modules(script, &server);
	nfsd_serve(script, NFSD_PORT, exports);
}

void root_enter(GString *script, const struct scenario *s)
{
	const char *address = transport_server_address(s);

	if (!s->machine.root_nfs3)
		return;
	transport_load_modules(script, &guest);
	text_line(script,
		  "mount nfs %s:" DIR " " HERE
		  " vers=3,mountproto=tcp,nolock,proto=tcp,hard,addr=%s",
		  address, address);
	text_line(script, "root " HERE);
}
