// SPDX-License-Identifier: GPL-2.0-only
#include "report/assets.h"

/* Put @file into the read-only data, ended by a NUL byte. */
#define ASSET(name, file)                                                                          \
	__asm__(".section .rodata\n" #name ":\n\t.incbin \"" NETSWAP_SOURCE_DIR                    \
		"/nbd-harness/src/report/" file "\"\n\t.byte 0\n\t.previous\n");                   \
	extern const char name[] __attribute__((visibility("hidden")));                            \
	const char *asset_##name(void)                                                             \
	{                                                                                          \
		return name;                                                                       \
	}

ASSET(style_css, "style.css")
ASSET(graph_css, "graph.css")
ASSET(report_js, "report.js")
