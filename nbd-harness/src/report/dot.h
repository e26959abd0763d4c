/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The wait graph as a picture: folded (report/fold.h), laid out by graphviz.
 *
 *	fold -> dot_text() -> waitgraph.dot -> dot -Tsvg -> svg_clean() -> waitgraph.svg,
 *report.html
 *
 * dot's own colours are dropped: shapes carry classes, and graph.css (in the
 * file) or the page's style gives them colours that suit light and dark.
 */
#ifndef NETSWAP_REPORT_DOT_H
#define NETSWAP_REPORT_DOT_H

#include "report/fold.h"

/* The picture as text for dot(1); equal graphs give equal text.  Caller frees. */
char *dot_text(const struct fold *f);

/*
 * Lay out the file @path by dot(1); an <svg> element to put into a page, caller
 * frees.  Errors: NETSWAP_ERROR_INFRA when dot is missing or fails.
 */
char *dot_svg(const char *path, GError **error);

/*
 * Only shapes and texts of dot's SVG, without colours, links and names, so that
 * nothing in it can act in a page; its tooltips become <title> elements.
 * NULL with @error when it is not well-formed.  Caller frees.
 */
char *svg_clean(const char *svg, GError **error);

/* @svg, of dot_svg(), as a file that stands alone.  Caller frees. */
char *dot_svg_file(const char *svg);

#endif
