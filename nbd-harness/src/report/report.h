/* SPDX-License-Identifier: GPL-2.0-only */
/* A finished record (run.json, verdict.json, samples, console) -> reports. */
#ifndef NETSWAP_REPORT_REPORT_H
#define NETSWAP_REPORT_REPORT_H

#include <glib.h>

/* What one would paste into a mail; caller frees. */
char *report_text(const char *dir, GError **error);
/* run.json and verdict.json in one object; caller frees. */
char *report_json(const char *dir, GError **error);
/* Write both into the run directory: report.txt, report.json. */
gboolean report_write(const char *dir, GError **error);

#endif
