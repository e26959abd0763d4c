/* SPDX-License-Identifier: GPL-2.0-only */
/* Style and script of the page, as they lie beside this file: built into the program. */
#ifndef NETSWAP_REPORT_ASSETS_H
#define NETSWAP_REPORT_ASSETS_H

const char *asset_style_css(void);
const char *asset_graph_css(void);
const char *asset_report_js(void);

#endif
