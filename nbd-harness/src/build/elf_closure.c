// SPDX-License-Identifier: GPL-2.0-only
#include "build/elf_closure.h"

#include <fcntl.h>
#include <gelf.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

/* Where Debian's x86-64 packages put libraries; Ceph's RUNPATH is the last. */
static const char *const library_dirs[] = {
	"lib/x86_64-linux-gnu",
	"usr/lib/x86_64-linux-gnu",
	"lib64",
	"usr/lib/x86_64-linux-gnu/ceph",
};

/* An open ELF file. */
struct elf_file {
	const char *path;
	int fd;
	Elf *elf;
};

static gboolean elf_open(struct elf_file *f, const char *path, GError **error)
{
	elf_version(EV_CURRENT);
	f->path = path;
	f->fd = open(path, O_RDONLY | O_CLOEXEC);
	f->elf = f->fd < 0 ? NULL : elf_begin(f->fd, ELF_C_READ_MMAP, NULL);
	if (f->elf && elf_kind(f->elf) == ELF_K_ELF)
		return TRUE;
	g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA,
		    "%s cannot be read as an ELF program", path);
	return FALSE;
}

static void elf_close(struct elf_file *f)
{
	if (f->elf)
		elf_end(f->elf);
	if (f->fd >= 0)
		close(f->fd);
}

static char *find_library(const char *root, const char *soname)
{
	const char *const roots[] = { root, "/" };

	for (gsize r = 0; r < G_N_ELEMENTS(roots); r++) {
		for (gsize d = 0; d < G_N_ELEMENTS(library_dirs); d++) {
			g_autofree char *path =
				g_build_filename(roots[r], library_dirs[d], soname, NULL);

			if (g_file_test(path, G_FILE_TEST_IS_REGULAR))
				return g_steal_pointer(&path);
		}
	}
	return NULL;
}

static gboolean add_library(struct elf_closure *closure, const char *root, const char *soname,
			    const char *needed_by, GError **error)
{
	char *path;

	for (guint i = 0; i < closure->sonames->len; i++)
		if (!strcmp(closure->sonames->pdata[i], soname))
			return TRUE;
	path = find_library(root, soname);
	if (!path) {
		g_set_error(error, NETSWAP_ERROR, NETSWAP_ERROR_INFRA,
			    "%s needs %s, which is neither on this host nor in the packages that "
			    "were fetched; run apt-get update and try again",
			    needed_by, soname);
		return FALSE;
	}
	g_ptr_array_add(closure->sonames, g_strdup(soname));
	g_ptr_array_add(closure->paths, path);
	return TRUE;
}

static gboolean add_section(struct elf_closure *closure, const char *root, const struct elf_file *f,
			    Elf_Scn *section, const GElf_Shdr *header, GError **error)
{
	Elf_Data *data = elf_getdata(section, NULL);
	gsize entries = header->sh_entsize ? header->sh_size / header->sh_entsize : 0;
	GElf_Dyn dyn;

	for (gsize i = 0; data && i < entries && gelf_getdyn(data, (int)i, &dyn); i++) {
		const char *soname;

		if (dyn.d_tag != DT_NEEDED)
			continue;
		soname = elf_strptr(f->elf, header->sh_link, dyn.d_un.d_val);
		if (soname && !add_library(closure, root, soname, f->path, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean add_needed(struct elf_closure *closure, const char *root, const struct elf_file *f,
			   GError **error)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;

	while ((section = elf_nextscn(f->elf, section)))
		if (gelf_getshdr(section, &header) && header.sh_type == SHT_DYNAMIC)
			return add_section(closure, root, f, section, &header, error);
	return TRUE;
}

static gboolean add_file(struct elf_closure *closure, const char *root, const char *path,
			 GError **error)
{
	struct elf_file f;
	gboolean ok = elf_open(&f, path, error) && add_needed(closure, root, &f, error);

	elf_close(&f);
	return ok;
}

/* @program's loader to *loader, NULL if it names none. */
static gboolean read_loader(const char *program, char **loader, GError **error)
{
	struct elf_file f;
	size_t headers = 0, raw_bytes = 0;
	const char *raw;
	GElf_Phdr header;
	gboolean ok = elf_open(&f, program, error);

	if (ok && !elf_getphdrnum(f.elf, &headers)) {
		raw = elf_rawfile(f.elf, &raw_bytes);
		for (size_t i = 0; raw && i < headers && gelf_getphdr(f.elf, (int)i, &header); i++)
			if (header.p_type == PT_INTERP && header.p_offset < raw_bytes &&
			    header.p_filesz <= raw_bytes - header.p_offset)
				*loader = g_strndup(raw + header.p_offset, header.p_filesz);
	}
	elf_close(&f);
	return ok;
}

struct elf_closure *elf_closure_new(const char *program, const char *root, GError **error)
{
	SCOPED(elf_closure) closure = g_new0(struct elf_closure, 1);

	closure->sonames = g_ptr_array_new_with_free_func(g_free);
	closure->paths = g_ptr_array_new_with_free_func(g_free);
	if (!read_loader(program, &closure->loader, error) ||
	    !add_file(closure, root, program, error))
		return NULL;
	/* The list grows while it is walked, until nothing new is named. */
	for (guint i = 0; i < closure->paths->len; i++)
		if (!add_file(closure, root, closure->paths->pdata[i], error))
			return NULL;
	return g_steal_pointer(&closure);
}

void elf_closure_free(struct elf_closure *closure)
{
	g_free(closure->loader);
	g_ptr_array_unref(closure->sonames);
	g_ptr_array_unref(closure->paths);
	g_free(closure);
}
