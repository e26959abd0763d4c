// SPDX-License-Identifier: GPL-2.0-only
/*
 * The verb modprobe, for prebuilt kernels whose drivers are modules.
 *
 * The host packs the modules, decompressed, into MODULES_DIR, with a file
 * "order" beside them that has one line for each module that may be asked for:
 * its name, then the files to load in order, the module itself last.  What has
 * no line is built in.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "init.h"

#define MODULES_DIR "/lib/modules"

static int load(const char *file, const char *parameters)
{
	char path[128];
	int fd, ret;

	snprintf(path, sizeof(path), MODULES_DIR "/%s", file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ret = (int)syscall(SYS_finit_module, fd, parameters, 0);
	close(fd);
	return ret && errno == EEXIST ? 0 : ret;
}

/* Append to @parameters those that the kernel command line has for module @name. */
static void add_from_cmdline(const char *name, char *parameters, size_t room)
{
	char cmdline[2048];
	char *at = cmdline, *word;
	size_t length = strlen(name);
	FILE *f = fopen("/proc/cmdline", "re");

	if (!f)
		return;
	if (!fgets(cmdline, sizeof(cmdline), f))
		cmdline[0] = '\0';
	fclose(f);
	while ((word = strsep(&at, " \n"))) {
		size_t used = strlen(parameters);

		if (!strncmp(word, name, length) && word[length] == '.')
			snprintf(parameters + used, room - used, " %s", word + length + 1);
	}
}

/* The files of module @name, from the order file, into @line; NULL if it is not there. */
static char *find_files(const char *name, char *line, size_t room)
{
	FILE *f = fopen(MODULES_DIR "/order", "re");
	char *files = NULL;

	if (!f)
		return NULL;
	while (!files && fgets(line, (int)room, f)) {
		char *at = line;

		line[strcspn(line, "\n")] = '\0';
		if (!strcmp(next_word(&at), name))
			files = at;
	}
	fclose(f);
	return files;
}

int verb_modprobe(char *args)
{
	char *name = next_word(&args);
	char line[1024], parameters[256];
	char *files = find_files(name, line, sizeof(line));

	snprintf(parameters, sizeof(parameters), "%s", args ? args : "");
	add_from_cmdline(name, parameters, sizeof(parameters));
	while (files) {
		char *file = next_word(&files);

		if (load(file, files ? "" : parameters))
			return fail("cannot load module %s for %s", file, name);
	}
	return 0;
}
